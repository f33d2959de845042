"""What people hear of changes and cancellations."""

from datetime import datetime, timedelta
from typing import Any

import icalendar

from services.notifications.gateways import letters, rendering
from services.notifications.queries.told import drafts
from services.notifications.use_cases import reminders
from tests.notifications.support import SOON, World
from tests.notifications.texts import SETTINGS

QUIET: dict[str, Any] = {"opted_out": ["new-opportunities"]}
LATER = SOON + timedelta(days=3, hours=2)


async def mails(world: World, template: str) -> list[letters.Draft]:
    rows = await world.rows(
        "SELECT message_id FROM messages WHERE template = :template AND channel = 'email' ORDER BY message_id",
        template=template,
    )
    return await world.read(drafts, [row.message_id for row in rows])


async def words(world: World, template: str) -> str:
    [draft] = await mails(world, template)
    return rendering.as_text(letters.letter(draft, SETTINGS, by_mail=True))


async def entries(world: World, template: str) -> list[tuple[str, datetime, str, int]]:
    """(UID, start, status, sequence) of what a calendar gets."""
    [draft] = await mails(world, template)
    file = letters.calendar_of(draft, SETTINGS)
    assert file is not None
    found = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
    return [
        (str(event["UID"]), event.decoded("DTSTART"), str(event["STATUS"]), int(str(event["SEQUENCE"])))
        for event in found
    ]


async def reminded(world: World) -> list[tuple[str, str, str]]:
    for _ in range(2):
        await world.do(reminders.remind)
    return [told for told in await world.told() if told[1] == "session-reminder"]
