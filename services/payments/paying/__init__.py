"""Payment runs, and how their payments end (PAY-12)."""
