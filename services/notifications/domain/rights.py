"""What somebody may ask of what we hold on them, and by when it is answered (PRI-01)."""

from datetime import date

from dateutil.relativedelta import relativedelta

RIGHTS_MONTHS = 1
"""The law gives one calendar month from the day that somebody asks (UK GDPR, article 12(3))."""


def answer_rights_by(asked_on: date) -> date:
    """PRI-01: the last day on which an answer is in time; the month's last day where it has no such day."""
    return asked_on + relativedelta(months=RIGHTS_MONTHS)
