"""A second step that changes is told to its owner, everywhere; what may be somebody else's doing, to all administrators too."""

from pathlib import Path

from services.notifications.app import create_app
from shared.db import new_id
from shared.events.people import SecondStepChanged
from tests.notifications.support import House, settings
from tests.support.apps import running, signed_in


async def test_who_gets_a_passkey_hears_of_it_everywhere_and_nobody_else(house: House):
    ada = await house.knows("Ada", roles=["finance"], channels=["in-app"], paused=True)
    await house.knows("Bo", roles=["administrator"])
    await house.hears(SecondStepChanged(version=1, change_id=new_id(), person_id=ada, what="passkey-added"))
    assert await house.told() == [("Ada", "second-step-changed", "email"), ("Ada", "second-step-changed", "in-app")]
    await house.nothing_is_broken()


async def test_of_one_taken_away_at_the_machine_all_administrators_hear(house: House, folder: Path):
    ada, bo = await house.knows("Ada", roles=["administrator"]), await house.knows("Bo", roles=["administrator"])
    taken = SecondStepChanged(version=1, change_id=new_id(), person_id=ada, what="taken-away", administrators=(ada, bo))
    await house.hears(taken)
    assert await house.told() == [(name, "second-step-changed", channel) for name in ("Ada", "Bo") for channel in ("email", "in-app")]
    async with running(create_app(settings(folder, house.database.url))) as client:
        for person, says in ((ada, "Your second step was taken away"), (bo, "The second step of someone who works here was taken away")):
            signed_in(client, "administrator", person_id=person)
            [row] = await house.rows("SELECT message_id FROM messages WHERE participant_id = :person AND channel = 'in-app'", person=person)
            assert says in (await client.get(f"/notifications/messages/{row.message_id}")).text
