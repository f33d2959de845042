"""Deciding claims, and taking approvals back (PAY-10, PAY-11, PAY-14, PAY-17)."""
