"""Whoever rings reads out what stands on the page that a message leads to: its reader has none (NOT-08)."""

from pathlib import Path
from typing import Any

import pytest

from services.notifications.app import create_app
from services.notifications.domain.messages import MESSAGES
from shared.events.payments import ClaimRefused
from tests.notifications.calls import AWAY
from tests.notifications.support import Claim, World, listing, need_answered, place_taken, settings
from tests.support.apps import running, signed_in

OWNERS = {"opportunities", "payments", "feedback"}


def test_not_08_what_a_message_leaves_to_a_page_is_read_out_where_a_service_answers_for_it():
    named = {message.rest_stands_with for message in MESSAGES.values() if message.rung}
    assert named - {""} == OWNERS
    assert not [name for name, message in MESSAGES.items() if message.rest_stands_with and not message.rung]


async def test_not_08_who_rings_reads_out_code_way_in_and_answers_and_who_read_it_is_known(
    folder: Path, world: World, monkeypatch: pytest.MonkeyPatch
):
    me, cora = await world.knows("Amina", **AWAY), await world.knows("Cora", roles=["coordinator"])
    published = listing()
    place, claim = place_taken(published, me), Claim(published, me)
    await world.hear(published, place, need_answered(place), claim.other(ClaimRefused, 3))
    asked: list[tuple[str, dict[str, Any]]] = []

    async def answers(subject: str, question: dict[str, Any]) -> dict[str, Any]:
        asked.append((subject, question))
        if subject == "payments.words.notifications":
            raise ConnectionError
        if subject != "opportunities.words.notifications":
            return {"addresses": {}}
        words = {
            f"place-taken/{place.place_id}": ["Your code is G-JNAK.", "Ring the bell beside the green door."],
            f"access-need-answered/{place.place_id}": ["You asked for: Large print. They will do this."],
        }
        return {"words": words}

    app = create_app(settings(folder, world.database.url))
    monkeypatch.setattr(app.state.service, "requests", answers)
    async with running(app) as client:
        signed_in(client, "coordinator", person_id=cora)
        shown = (await client.get(f"/notifications/staff/calls/{me}")).text
    for said in ("Your code is G-JNAK.", "the green door", "Large print. They will do this."):
        assert said in shown
    assert shown.count("There is more to say about this") == 1, "of the claim, as payments is away"
    [question] = [each for subject, each in asked if subject == "opportunities.words.notifications"]
    told = [{"event": event, "about": str(place.place_id)} for event in ("place-taken", "access-need-answered")]
    assert sorted(question["told"], key=str) == sorted(told, key=str)
    assert (question["by"], question["person_id"]) == (str(cora), str(me))
