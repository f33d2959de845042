"""What tests of receipts share."""

from tests.payments import receipt_files as files

PICTURES = files.pictures()
