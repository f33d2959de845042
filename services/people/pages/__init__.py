"""The pages: signing in, joining, one's own details, and the staff's list of people."""
