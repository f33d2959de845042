"""What hosts pay back for guests, and the month's statements (NET-03)."""
