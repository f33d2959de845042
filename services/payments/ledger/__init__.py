"""The ledger, and the budgets that it tracks (PAY-11)."""
