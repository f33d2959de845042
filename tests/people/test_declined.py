"""NOT-02: what someone switched off by the link in a mail is kept with their other choices."""

from shared.db import new_id
from shared.events.notifications import MessagesDeclined
from tests.people.support import World, a_person


async def test_not_02_what_was_switched_off_by_a_link_is_kept_once_and_told(people: World):
    person_id = await a_person(people)
    for kind in ("reminders", "reminders", "thanks", "no-such-kind"):
        await people.hear(MessagesDeclined(version=1, request_id=new_id(), person_id=person_id, kind=kind))
    await people.hear(MessagesDeclined(version=1, request_id=new_id(), person_id=new_id(), kind="thanks"))
    [row] = await people.rows("SELECT opted_out, version FROM people")
    assert (row.opted_out, row.version) == (["reminders", "thanks"], 3)
    assert [event["version"] for event in await people.events("person-changed")] == [2, 3]
