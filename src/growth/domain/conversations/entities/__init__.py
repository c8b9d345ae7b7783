"""What a conversation is, and what is found about it."""
