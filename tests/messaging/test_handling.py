"""What a service hears of an owner is handled by a handler each, or in one way of its own: never both."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from shared.db import Transaction
from shared.events import Event
from shared.events.listings import OpportunityShared
from shared.events.opportunities import OpportunityCancelled
from shared.events.people import SessionEnded
from shared.messaging.consumer import StreamConsumer
from shared.messaging.handling import ByHandlers, Consumers, Received
from shared.service import with_everyones


class PassedOn:
    """A way of its own."""

    def __init__(self, service: Any, name: str) -> None:
        self.service = service
        self.name = name

    def read(self, subject: str, body: bytes) -> Event:
        return SessionEnded(version=1, session_id=uuid4(), person_id=uuid4())

    async def handle(self, items: Sequence[Received]) -> None: ...

    async def handle_again(self, tx: Transaction, item: Received) -> None: ...


async def nothing(tx: Transaction, event: OpportunityCancelled) -> None: ...


@pytest.fixture
def consumers() -> Consumers:
    made = Consumers("gateway")
    made.on_all([OpportunityShared], PassedOn)
    return made


def test_what_has_a_way_of_its_own_goes_that_way_and_the_rest_to_handlers(consumers: Consumers):
    everything = with_everyones("gateway", consumers)
    assert everything.owners() == {"opportunities": [OpportunityShared], "people": [SessionEnded]}
    service: Any = type("Running", (), {"database": None})()
    passed_on, by_handlers = (StreamConsumer(service, everything, owner) for owner in ("opportunities", "people"))
    assert (
        isinstance(passed_on.handling, PassedOn)
        and passed_on.handling.name == passed_on.name == "gateway-opportunities"
    )
    assert isinstance(by_handlers.handling, ByHandlers)


def test_no_handler_beside_a_way_of_its_own(consumers: Consumers):
    with pytest.raises(ValueError, match="one way"):
        consumers.on(OpportunityCancelled, nothing)


def test_no_way_of_its_own_beside_a_handler():
    consumers = Consumers("payments")
    consumers.on(OpportunityCancelled, nothing)
    with pytest.raises(ValueError, match="has a handler"):
        consumers.on_all([OpportunityShared], PassedOn)


def test_an_event_is_heard_once(consumers: Consumers):
    with pytest.raises(ValueError, match="already hears"):
        consumers.on_all([OpportunityShared], PassedOn)
