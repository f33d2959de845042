"""What we pay, from which day (PAY-15)."""
