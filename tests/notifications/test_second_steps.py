"""A second step that changes is told to its owner, everywhere; what may be somebody else's doing, to all administrators
too."""

from pathlib import Path

from services.notifications.app import create_app
from shared.db import new_id
from shared.events.people import SecondStepChanged
from tests.notifications.support import World, settings
from tests.support.apps import running, signed_in


async def test_who_gets_a_passkey_hears_of_it_everywhere_and_nobody_else(world: World):
    ada = await world.knows("Ada", roles=["finance"], channels=["in-app"], paused=True)
    await world.knows("Bo", roles=["administrator"])
    await world.hear(SecondStepChanged(version=1, change_id=new_id(), person_id=ada, what="passkey-added"))
    assert await world.told() == [("Ada", "second-step-changed", "email"), ("Ada", "second-step-changed", "in-app")]
    assert await world.broken() == {}


async def test_of_one_taken_away_at_the_machine_all_administrators_hear(world: World, folder: Path):
    ada, bo = await world.knows("Ada", roles=["administrator"]), await world.knows("Bo", roles=["administrator"])
    taken = SecondStepChanged(version=1, change_id=new_id(), person_id=ada, what="taken-away", administrators=(ada, bo))
    await world.hear(taken)
    assert await world.told() == [
        (name, "second-step-changed", channel) for name in ("Ada", "Bo") for channel in ("email", "in-app")
    ]
    async with running(create_app(settings(folder, world.database.url))) as client:
        for person, says in (
            (ada, "Your second step was taken away"),
            (bo, "The second step of someone who works here was taken away"),
        ):
            signed_in(client, "administrator", person_id=person)
            [row] = await world.rows(
                "SELECT message_id FROM messages WHERE participant_id = :person AND channel = 'in-app'", person=person
            )
            assert says in (await client.get(f"/notifications/messages/{row.message_id}")).text
