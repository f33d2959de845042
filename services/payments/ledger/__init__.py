"""The ledger, and the budgets that it measures (PAY-11)."""
