"""PEO-02, PAY-13: a first address that somebody else entered is told by the way that the person had before, and never
to that address."""

import pytest

from services.notifications.use_cases import calls, messages
from shared.db import Actor, Command, new_id
from shared.events.people import ContactEntered
from shared.reasons import Refused
from tests.notifications.support import World


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
