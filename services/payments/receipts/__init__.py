"""Files of receipts: taken, redrawn and kept (PAY-05)."""
