"""PEO-02, PAY-13: a first address that somebody else entered is told by the way that the person had before, and never
to that address."""

from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from httpx import AsyncClient

from services.notifications.app import create_app
from services.notifications.use_cases import calls, messages
from shared.db import Actor, Command, new_id
from shared.events.people import ContactEntered
from shared.reasons import Refused
from tests.notifications.post import BY_POST, HERS, LETTERS, Held, ahead, client, held, listed, open_ids, states  # noqa: F401
from tests.notifications.support import World, card, settings
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
    entered: dict[str, Any] = {"change_id": new_id(), "person_id": noor, "entered_by": new_id()}
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


async def test_pay_13_a_changed_postal_address_is_told_at_the_one_before_and_by_telephone(
    client: AsyncClient, ahead: World, held: Held
) -> None:
    me = await ahead.knows("Amina", **BY_POST, post_changes=1)
    held.moves(me, HERS)
    held.before[me] = HERS
    held.moves(me, "Amina Field\n1 High Street\nMarch\nPE15 8AA")
    entered: dict[str, Any] = {"change_id": new_id(), "person_id": me, "entered_by": new_id()}
    await ahead.hear(ContactEntered(version=1, **entered, what=(), post_changed=True, by_letter=True))
    await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=2))
    assert await listed(ahead) == [("contact-entered", way, "held-before") for way in ("letter", "phone")]
    [message] = await ahead.rows("SELECT message_id FROM messages WHERE channel = 'in-app'")
    await ahead.do(messages.mark_read, message.message_id, me)
    ids = await open_ids(ahead)
    pdf = pypdfium2.PdfDocument((await client.post(f"{LETTERS}/print", data={"calls": ids})).content)
    paper = " ".join(page.get_textpage().get_text_range() for page in pdf)
    assert "Flat 2, 5 Mill Lane" in paper and "High Street" not in paper
    assert "The postal address that we hold for you was changed" in " ".join(paper.split())
    assert "One of us wrote down" not in paper
    assert (await client.post(f"{LETTERS}/posted", data={"calls": ids})).status_code == 303
    assert await states(ahead) == {"sent"}
    shown = (await client.get(f"/notifications/staff/calls/{me}")).text
    assert "The new postal address: Amina Field, 1 High Street, March, PE15 8AA" in shown
    assert await ahead.broken() == {}


async def test_pay_13_who_has_email_and_hears_by_letter_is_told_by_letter_and_nobody_rings(ahead: World) -> None:
    me = await ahead.knows("Amina", channels=["letter"], reached_by_message=True, post_changes=2)
    told: dict[str, Any] = {"what": (), "post_changed": True, "by_letter": True, "by_phone": False}
    await ahead.hear(ContactEntered(version=1, change_id=new_id(), person_id=me, entered_by=me, **told))
    assert await listed(ahead) == [("contact-entered", "letter", "held-before")]


async def test_not_06_no_letter_goes_to_the_address_from_which_one_came_back(ahead: World) -> None:
    me = await ahead.knows("Amina", **BY_POST, post_changes=1)
    await ahead.write("UPDATE cards SET post_failed = 1 WHERE person_id = :me", me=me)
    told: dict[str, Any] = {"what": (), "post_changed": True, "by_letter": True}
    for changes in (1, 2):  # the card may come first
        await ahead.card(me, card("Amina", version=changes, **BY_POST, post_changes=changes))
        await ahead.hear(ContactEntered(version=1, change_id=new_id(), person_id=me, entered_by=new_id(), **told))
    assert ("contact-entered", "letter", "held-before") not in await listed(ahead)


def test_pay_13_the_event_of_the_version_before_is_still_heard() -> None:
    before: dict[str, Any] = {
        "version": 1,
        "change_id": new_id(),
        "person_id": new_id(),
        "entered_by": new_id(),
        "what": ("phone",),
    }
    now = ContactEntered(**before)
    assert (now.post_changed, now.by_letter, now.by_phone) == (False, False, True)
