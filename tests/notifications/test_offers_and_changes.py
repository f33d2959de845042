"""OPP-05, OPP-16: who was offered a place and hears of a change or a cancellation reads of the offer and its end."""

from datetime import timedelta

import pytest

from services.notifications.gateways import letters, rendering
from tests.notifications.changes import LATER, QUIET, mails
from tests.notifications.support import (
    SOON,
    World,
    cancelled,
    changed,
    moved,
    opportunity_created,
    place_offered,
    place_queued,
    place_taken,
    session,
)
from tests.notifications.texts import SETTINGS, VERSIONS

ANSWER_BY = SOON - timedelta(days=20)
UNTIL = "Friday 11 December 2026"
CARDS = {
    version: QUIET
    | {
        "discreet": version.startswith("discreet"),
        "format": "easy-read" if version.endswith("easy-read") else "plain",
    }
    for version in VERSIONS
}


async def reads(world: World, template: str) -> dict[str, str]:
    """By name."""
    return {
        draft.name: rendering.as_text(letters.letter(draft, SETTINGS, by_mail=True))
        for draft in await mails(world, template)
    }


@pytest.mark.parametrize("version", VERSIONS)
async def test_opp_05_whoever_was_offered_a_place_reads_of_it_beside_a_change_or_a_cancelled_session(
    world: World, version: str
):
    offered, waits = await world.knows("Amina", **CARDS[version]), await world.knows("Bola", **CARDS[version])
    published = opportunity_created(sessions=(session(SOON), session(SOON + timedelta(days=7))))
    place = place_taken(published, offered)
    await world.hear(published, place_queued(place), place_offered(place, ANSWER_BY))
    await world.hear(place_queued(place_taken(published, waits)))
    later = moved(published, LATER)
    await world.hear(changed(published, 2, "time", sessions=later))
    await world.hear(changed(published, 3, "time", sessions=later[1:]))
    for_each = [
        (draft.name, rendering.as_text(letters.letter(draft, SETTINGS, by_mail=True)))
        for draft in await mails(world, "opportunity-changed")
    ]
    assert [name for name, _ in for_each].count("Amina") == 2
    for name, text in for_each:
        assert (UNTIL in text) == (name == "Amina"), text
        assert ("free for you" in text) == (name == "Amina"), text
        if name == "Amina":
            assert "waiting" not in text.casefold(), text
    await world.hear(cancelled(published))
    gone = await reads(world, "opportunity-cancelled")
    assert "need to answer" in gone["Amina"] and "need to answer" not in gone["Bola"]
    assert "wait" not in gone["Amina"].casefold()
    assert await world.broken() == {}


async def test_opp_05_whoever_said_yes_to_the_offer_reads_of_their_place(world: World):
    person, published = await world.knows("Amina", **QUIET), opportunity_created()
    place = place_taken(published, person, version=4)
    await world.hear(published, place_queued(place), place_offered(place, ANSWER_BY), place)
    await world.hear(changed(published, 2, "time", sessions=moved(published, LATER)))
    text = (await reads(world, "opportunity-changed"))["Amina"]
    assert "You have a place in it." in text and "free for you" not in text
