"""Customer.io, who mails to prospects and users: its Track API."""
