"""Files of receipts: taken, drawn anew and kept (PAY-05)."""
