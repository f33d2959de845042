"""PAY-13: whom we cannot ring about their bank details is asked to get in touch, until somebody has checked them or we
hold a number."""

from typing import Any

import pytest

from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_details.use_cases.wanted_meetings import ask_to_get_in_touch
from tests.payments.support import World, person


class Asked:
    """The service, as the job sees it. cards: what `people` answers."""

    def __init__(self, world: World) -> None:
        self.database, self.cards = world.database, {}

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert subject == "people.cards.payments"
        return {"cards": {each: self.cards.get(each, {"phone": ""}) for each in payload["person_ids"]}}


async def told(world: World, asked: Asked) -> list[tuple[str, bool, int]]:
    for _ in range(2):
        await ask_to_get_in_touch(asked, known_days=30)  # pyrefly: ignore
    events = await world.events("meeting-wanted")
    return [(event["person_id"], event["waiting"], event["version"]) for event in events]


@pytest.mark.parametrize("ends", ["confirmed", "set aside", "number"])
async def test_pay_13_whom_we_cannot_ring_about_their_account_is_asked_to_get_in_touch(world: World, ends: str) -> None:
    who, rung, first = person(), person(), person()
    asked = Asked(world)
    asked.cards[str(rung.id)] = {"phone": "07700 900001"}
    await world.account(first, 0)
    for each in (who, rung):
        await world.account(each, 0)
        await world.account(each, 1)
    assert await told(world, asked) == [(str(who.id), True, 1)]
    [details] = await world.rows(
        "SELECT id FROM bank_details WHERE state = 'unconfirmed' AND participant_id = :who", who=who.id
    )
    if ends == "confirmed":
        await world.do(bank_details.confirm_details, details.id, "in-person", by=world.coordinator)
        assert len(await world.events("meeting-wanted")) == 2
    elif ends == "set aside":
        await world.do(bank_details.set_details_aside, details.id, by=world.coordinator)
    else:
        asked.cards[str(who.id)] = {"phone": "07700 900002"}
    assert await told(world, asked) == [(str(who.id), True, 1), (str(who.id), False, 2)]
