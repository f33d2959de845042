"""Reading the account's own statements (PAY-12)."""
