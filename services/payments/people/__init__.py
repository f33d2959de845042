"""What people are called, and who took them in."""
