"""NOT-02: one kind of message is switched off by the link in a mail, by one press and without signing in (RFC 8058)."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient

from services.notifications.app import create_app
from services.notifications.domain.messages import Kind, may_opt_out
from services.notifications.gateways import unsubscribing
from shared.db import new_id
from tests.notifications.support import World, opportunity_created, place_taken, session, settings
from tests.notifications.worker import Worker
from tests.support.apps import running

KEY = b"k" * 32
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest_asyncio.fixture
async def client(world: World, folder: Path) -> AsyncIterator[AsyncClient]:
    async with running(create_app(settings(folder, world.database.url))) as client:
        yield client


async def link(world: World, person_id: UUID, kind: Kind) -> str:
    [row] = await world.rows("SELECT key FROM unsubscribe_keys")
    return unsubscribing.path(row.key, person_id, kind)


async def opted_out(world: World) -> list[list[str]]:
    return [row.opted_out for row in await world.rows("SELECT opted_out FROM cards ORDER BY name")]


@pytest.mark.parametrize("kind", [kind for kind in Kind if may_opt_out(kind)])
def test_not_02_a_link_says_whose_and_which_kind_and_only_one_that_we_signed(kind: Kind):
    person_id = new_id()
    token = unsubscribing.path(KEY, person_id, kind).rpartition("/")[2]
    assert unsubscribing.read(KEY, token) == (person_id, kind)
    assert unsubscribing.read(b"another key", token) is None
    for wrong in (
        "",
        "x",
        token[:-4],
        token + "AAAA",
        "!" + token[1:],
        "A" * 80,
        "ä",
        token[:30] + ("A" if token[30] != "A" else "B") + token[31:],
    ):
        assert unsubscribing.read(KEY, wrong) is None, wrong


def test_not_02_what_is_always_sent_has_no_link_that_works():
    token = unsubscribing.path(KEY, new_id(), Kind.CLAIMS).rpartition("/")[2]
    assert unsubscribing.read(KEY, token) is None


async def test_not_02_the_mail_program_switches_one_kind_off_by_one_post_without_signing_in(
    client: AsyncClient, world: World
):
    me, _ = await world.knows("Amina"), await world.knows("Bola")
    path = await link(world, me, Kind.NEW_OPPORTUNITIES)
    for _ in range(2):
        answer = await client.post(path, data=ONE_CLICK)
        assert (answer.status_code, answer.headers.get("location")) == (200, None)
    assert await opted_out(world) == [["new-opportunities"], []]
    [event] = await world.rows("SELECT subject, body FROM outbox")
    assert event.subject == "notifications.messages-declined.v1" and str(me) in event.body and "Amina" not in event.body
    published = opportunity_created()
    await world.hear(published, place_taken(published, me))
    assert await world.told() == [("Amina", "place-taken", "email"), ("Bola", "opportunity-created", "email")]
    assert await world.broken() == {}


async def test_not_02_the_same_from_a_program_that_sends_the_form_in_parts(client: AsyncClient, world: World):
    me = await world.knows("Amina")
    answer = await client.post(await link(world, me, Kind.THANKS), files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200 and await opted_out(world) == [["thanks"]]


async def test_not_02_a_program_that_follows_links_switches_nothing_off_and_a_person_presses_a_button(
    client: AsyncClient, world: World
):
    me = await world.knows("Amina")
    path = await link(world, me, Kind.REMINDERS)
    for _ in range(2):
        shown = await client.get(path)
        assert (
            shown.status_code == 200
            and "Do you want no more reminders?" in shown.text
            and "Stop these messages" in shown.text
        )
        assert "Amina" not in shown.text and shown.headers["referrer-policy"] == "no-referrer"
    assert await opted_out(world) == [[]]
    answer = await client.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert await opted_out(world) == [["reminders"]]
    assert "You will get no more reminders" in (await client.get(path)).text


async def test_not_02_a_link_that_nobody_signed_leads_nowhere(client: AsyncClient, world: World):
    me = await world.knows("Amina")
    path = await link(world, me, Kind.CLAIMS)
    for wrong in (path, path[:-3] + "AAA", "/notifications/unsubscribe/none"):
        assert (await client.get(wrong)).status_code == 404
        assert (await client.post(wrong, data=ONE_CLICK)).status_code == 404
    assert await opted_out(world) == [[]]


async def test_not_02_every_mail_of_a_kind_that_can_be_switched_off_carries_its_link(worker: Worker):
    me = await worker.person("Amina")
    worker.service.settings.public_url = "https://voice.example"
    published = opportunity_created(sessions=(session(),))
    await worker.hear(published, place_taken(published, me))
    await worker.hand_over()
    assert len(worker.catcher.mails) == 2
    [with_link] = [mail for mail in worker.catcher.mails if mail["List-Unsubscribe"]]
    assert with_link["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(with_link["List-Unsubscribe"]).strip("<>")
    [key] = await worker.rows("SELECT key FROM unsubscribe_keys")
    assert address.startswith("https://voice.example/notifications/unsubscribe/") and "amina" not in address.lower()
    assert unsubscribing.read(key.key, urlsplit(address).path.rpartition("/")[2]) == (me, Kind.NEW_OPPORTUNITIES)
    body = with_link.get_body(("plain",))
    assert body is not None and address in body.get_content().replace("=\n", "")
