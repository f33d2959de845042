"""Codes, sign-ins and counts live by machine time."""

from datetime import UTC, datetime


def machine_now() -> datetime:
    return datetime.now(UTC)
