"""What conversations obey. Nothing in here asks, waits or writes."""
