"""What people see: signing in, joining, their own details, and the staff's list."""
