"""Watches for guessing at the codes of anonymous givers. One connection is slowed down; many together show here.
Machine time."""

from datetime import UTC, datetime

from limits import parse
from prometheus_client import Gauge

from shared.counting import counted, note
from shared.db import Transaction
from shared.service import Service

WRONG_CODES = "1 per hour"
"""The time for which wrong codes are counted, whoever sends them."""
_WHAT, _EVERYBODY = "wrong-look-up", b""


async def note_wrong_code(tx: Transaction) -> None:
    """Somebody looked up a code that nobody has. Their connection is not noted."""
    await note(tx, _WHAT, _EVERYBODY, parse(WRONG_CODES), datetime.now(UTC))


class Watch:
    """Metrics, and a sentence on the operators' page while the alarm lasts."""

    def __init__(self, service: Service) -> None:
        self._alarm_at: int = service.settings.feedback_guessing_alarm
        self._wrong = 0
        self._figure = Gauge(
            "chorus_feedback_wrong_codes", "Codes that nobody has, looked up within the hour", registry=service.registry
        )
        service.notices["guessing"] = self.notice

    async def look(self, service: Service) -> None:
        before = self._wrong
        self._wrong = await service.database.read(
            lambda tx: counted(tx, _WHAT, _EVERYBODY, parse(WRONG_CODES), datetime.now(UTC))
        )
        self._figure.set(self._wrong)
        if before < self._alarm_at <= self._wrong:
            service.log.error("look-up-codes-are-guessed", wrong=self._wrong)

    async def notice(self) -> str:
        if self._wrong < self._alarm_at:
            return "ok"
        return f"{self._wrong} wrong codes of feedback were looked up within an hour: somebody may be guessing"
