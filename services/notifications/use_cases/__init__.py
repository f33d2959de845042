"""What can happen here, by noun."""
