"""Registers that are recorded and put right (OPP-11, PAY-06, PAY-17)."""
