"""PEO-02, PAY-13: a first address that somebody else entered is told by the way that the person had before, and never
to that address."""

from pathlib import Path
from typing import Any

import pytest

from services.notifications.app import create_app
from services.notifications.use_cases import calls, messages
from shared.db import Actor, Command, new_id
from shared.events.people import ContactEntered
from shared.reasons import Refused
from tests.notifications.support import World, settings
from tests.support.apps import running, signed_in


@pytest.mark.parametrize("reached", [False, True])
async def test_pay_13_a_first_address_entered_by_another_is_said_on_the_telephone_and_stays_to_be_said(
    world: World, reached: bool
) -> None:
    """reached: the card with the new address came first."""
    noor = await world.knows("Noor", reached_by_message=reached)
    x, y = (Actor("person", new_id()) for _ in range(2))
    event_id = await world.hear(
        ContactEntered(version=1, change_id=new_id(), person_id=noor, entered_by=x.id or new_id(), what=("email",))
    )
    assert await world.told() == [("Noor", "contact-entered", "in-app")]
    run = world.database.run
    await run(Command("has-address", y), lambda tx: calls.reached(tx, [noor]))
    [message] = await world.rows(
        "SELECT message_id FROM messages WHERE event_id = :id AND channel = 'in-app'", id=event_id
    )
    await run(Command("read", Actor("person", noor)), lambda tx: messages.mark_read(tx, message.message_id, noor))
    [call] = await world.rows("SELECT * FROM calls")
    assert call.why == "held-before" and call.settled_at is None
    assert await world.rows("SELECT 1 FROM messages WHERE channel = 'email'") == []
    with pytest.raises(Refused, match="PAY-13"):
        await run(Command("told", x), lambda tx: calls.told(tx, noor, [call.call_id], x.id or new_id()))
    assert await run(Command("told", y), lambda tx: calls.told(tx, noor, [call.call_id], y.id or new_id())) == 1
    assert await world.broken() == {}


async def test_pay_13_who_rings_about_a_new_address_reads_out_which_it_is(
    folder: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    noor, cora = await world.knows("Noor"), await world.knows("Cora", roles=["coordinator"])
    entered = {"change_id": new_id(), "person_id": noor, "entered_by": new_id()}
    await world.hear(ContactEntered(version=1, **entered, what=("email",)))

    async def answers(subject: str, question: dict[str, Any]) -> dict[str, Any]:
        held = {"phone": "01632 960123"} if question.get("channel") == "phone" else {"email": "noor@people.example"}
        return {"addresses": {str(noor): held}}

    app = create_app(settings(folder, world.database.url))
    monkeypatch.setattr(app.state.service, "requests", answers)
    async with running(app) as client:
        signed_in(client, "coordinator", person_id=cora)
        page = (await client.get(f"/notifications/staff/calls/{noor}")).text
        assert "The new email address: noor@people.example" in page and "01632 960123" in page
        listed = (await client.get("/notifications/staff/calls")).text
        assert "or somebody else wrote down a new way to reach them" in listed
