"""What can happen in payments: one async verb each. They take the transaction first, lock rows, and never commit."""
