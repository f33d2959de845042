"""The operators' page shows what is known of the rules, however long a service takes to look."""

import asyncio
from typing import Any

import pytest

from services.operators.gateways import Services, Silent
from tests.operators.test_pages import organisation
from tests.support.apps import eventually

BROKEN = "PAY-12: nothing is paid twice"


class Slow:
    """Stands in for a large organisation's services: they look until they are let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.asked = 0
        self.answer: dict[str, Any] | None = {"checked": 3, "broken": {}}

    async def rules(self, _: Services, service: str) -> dict[str, Any]:
        self.asked += 1
        await self.let_go.wait()
        if self.answer is None:
            raise Silent(service)
        return self.answer


async def test_rules_that_take_long_are_shown_as_they_were_last_with_their_time(
    folder, postgres, nats_server, monkeypatch: pytest.MonkeyPatch
):
    slow = Slow()
    monkeypatch.setattr(Services, "rules", lambda services, service: slow.rules(services, service))
    async with organisation(folder, postgres, nats_server) as here:
        here.app.state.rules.patience = 0.01

        async def home() -> str:
            return " ".join((await here.page("/operator")).text.split())

        async def says(words: str) -> bool:
            return words in await home()

        assert (await home()).count("Its rules are being checked now.") == 2
        assert "could not be checked" not in await home()
        assert slow.asked == 2, "one question to each at a time, however often the page is opened"
        slow.let_go.set()
        await eventually(lambda: says("All 3 rules that must always hold do hold"))
        slow.let_go.clear()
        slow.answer = {"checked": 3, "broken": {BROKEN: ["1"]}}
        again = await home()
        assert "All 3 rules that must always hold do hold" in again
        assert again.count("Its rules were last checked on") == 2 and "They are being checked again now." in again
        slow.let_go.set()
        await eventually(lambda: says(f"{BROKEN}: 1"))
        slow.answer = None
        await eventually(lambda: says("They could not be checked again just now"))
        assert BROKEN in await home(), "an alarm stays while nobody says that it is over"
