"""NOT-03 on real PostgreSQL: the statement that tells a whole organisation says what the pure function says."""

import random

from sqlalchemy import insert, select, text

from services.notifications.domain.offers import Offer, has_not_ruled_out, who_hears_of
from services.notifications.tables import card_of, cards
from services.notifications.use_cases import messages
from shared.db import SYSTEM, Command, new_id
from shared.events.opportunities import OpportunityCancelled
from tests.notifications.support import World, opportunity_created, participant

KINDS = ("tender-panel", "workshop", "interview-panel")
AREAS = ("Fenland", "City", "")
TIMES = ("weekday-daytime", "evening", "weekend")
MODES = ("in-person", "online", "hybrid")


def _some(chance: random.Random, among: tuple[str, ...]) -> list[str]:
    return [one for one in among if chance.random() < 0.3]


def _random_card(chance: random.Random) -> dict[str, object]:
    return {
        "person_id": new_id(),
        "home": "test",
        "version": 1,
        "name": "Amina",
        "roles": _some(chance, ("coordinator",)) + (["participant"] if chance.random() < 0.8 else []),
        "ruled_out_kinds": _some(chance, KINDS),
        "ruled_out_areas": _some(chance, AREAS),
        "ruled_out_times": _some(chance, TIMES) + _some(chance, TIMES),
        "channels": _some(chance, ("email", "in-app", "letter")) + (["email"] if chance.random() < 0.3 else []),
        "discreet": False,
        "format": "plain",
        "opted_out": _some(chance, ("new-opportunities", "reminders")),
        "paused": chance.random() < 0.2,
    }


async def test_not_03_the_statement_and_the_pure_function_choose_the_same_people(world: World):
    chance = random.Random(20261128)
    rows = [_random_card(chance) for _ in range(400)]
    await world.do(lambda tx: tx.execute(insert(cards), rows))
    known = await world.read(lambda tx: tx.all(select(cards)))
    for _ in range(60):
        about = new_id()
        offer = Offer(chance.choice(KINDS), chance.choice(MODES), chance.choice(AREAS), frozenset(_some(chance, TIMES)))
        command = Command("tell-of-offer", SYSTEM)
        count = await world.database.run(
            command,
            lambda tx, offer=offer, about=about: messages.tell_of_offer(
                tx, offer, "opportunity-created", about=about, sequence=1000
            ),
        )
        query = text("SELECT participant_id, channel FROM messages WHERE about = :about")
        told = await world.read(lambda tx, about=about, query=query: tx.all(query, {"about": about}))
        expected = who_hears_of(offer, map(card_of, known))
        assert sorted(map(tuple, told)) == sorted(expected), offer
        assert count == len(expected)
        would = await world.read(messages.who_would_hear, offer)
        wants = [
            card
            for card in map(card_of, known)
            if "participant" in card.roles
            and has_not_ruled_out(card, offer)
            and not card.paused
            and "new-opportunities" not in card.opted_out
        ]
        reached = {
            person for person, _ in expected if person in {row.person_id for row in known if "email" in row.channels}
        }
        assert would.by_message == len(reached), offer
        assert (
            would.by_phone + would.by_letter == len(wants) - len(reached)
            and set(would.to_ring) <= {card.person_id for card in wants} - reached
        )


async def test_not_03_a_fan_out_makes_ids_that_sort_by_when_they_were_made(world: World):
    await world.knows("Amina")
    before = new_id()
    await world.hear(opportunity_created())
    [row] = await world.rows("SELECT message_id FROM messages")
    assert row.message_id.version == 7 and row.message_id.variant == "specified in RFC 4122"
    assert abs((row.message_id.int >> 80) - (before.int >> 80)) < 60_000


async def test_not_05_more_people_are_told_at_once_than_a_statement_has_parameters(world: World):
    """32,767 is the protocol's limit; each one of an IN would be a parameter."""
    await world.hear(published := opportunity_created())
    add = text(
        "INSERT INTO cards (person_id, home, version, name, channels, discreet, format, paused)"
        " SELECT gen_random_uuid(), 'test', 1, 'Amina', '{in-app}', false, 'plain', false FROM generate_series(1, "
        "33000) RETURNING person_id"
    )
    people = [row.person_id for row in await world.do(lambda tx: tx.all(add))]
    await world.hear(
        OpportunityCancelled(
            version=2,
            opportunity_id=published.opportunity_id,
            reason="The host is ill.",
            participants=tuple(participant(person) for person in people),
        )
    )
    [row] = await world.rows("SELECT count(*) FROM messages")
    assert row.count == 33000
