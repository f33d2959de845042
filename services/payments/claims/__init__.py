"""Claims from the register to the approver, as their owners fill them in (PAY-01 to PAY-09)."""
