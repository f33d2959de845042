"""Giving bank details, and confirming them and people (PAY-10, PAY-13)."""
