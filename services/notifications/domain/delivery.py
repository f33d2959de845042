"""The state of a message's delivery, and when it is tried again."""

from datetime import timedelta
from enum import StrEnum

from shared.reasons import Reason

RETRY_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 480, 720))
"""Waits after the first, second, ... temporary failure: a little over a day in all."""


class State(StrEnum):
    """NOT-06. handing-over is recorded before the mail server is called. After a crash nobody knows whether such a
    message went out, so it becomes unknown and staff decide. withheld: they opted out while it waited."""

    QUEUED = "queued"
    HANDING_OVER = "handing-over"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"


def wait_before_retry(failures: int) -> timedelta | None:
    """How long to wait after this many temporary failures (1 or more); None if it has failed for good."""
    return RETRY_DELAYS[failures - 1] if failures <= len(RETRY_DELAYS) else None


def reasons_not_to_send_again(state: str) -> list[Reason]:
    """NOT-02: only a message that failed, or may have failed, can be sent again."""
    if state in {State.FAILED, State.UNKNOWN}:
        return []
    if state == State.SENT:
        return [Reason("NOT-02", "This message has been sent, so it is not sent again.")]
    if state == State.WITHHELD:
        return [Reason("NOT-02", "They do not want messages of this kind, so it was not sent.")]
    return [Reason("NOT-02", "This message is on its way already. Wait to see what becomes of it.")]
