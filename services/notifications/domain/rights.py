"""What people may ask about the data we hold on them, and when it must be answered (PRI-01)."""

from datetime import date

from dateutil.relativedelta import relativedelta

RIGHTS_MONTHS = 1
"""By law, one calendar month from the day of asking (UK GDPR, article 12(3))."""


def answer_rights_by(asked_on: date) -> date:
    """PRI-01: the last day for an answer: the same day of the next month, or that month's last day if it is shorter."""
    return asked_on + relativedelta(months=RIGHTS_MONTHS)
