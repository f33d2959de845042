"""Receipt files: taken, redrawn and kept (PAY-05)."""
