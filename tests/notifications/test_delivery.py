"""Handing over: real PostgreSQL, NATS and SMTP; what is sent is sent once, and what nobody knows is said so (NOT-02,
NOT-06)."""

import asyncio
import contextlib
from typing import Any

import asyncpg
import pytest

from services.notifications.queries.told import drafts
from services.notifications.use_cases import delivery, handover
from shared.db import Actor, Command, new_id
from shared.reasons import Refused
from tests.notifications.support import (
    cancelled,
    card,
    feedback_closed,
    feedback_received,
    opportunity_created,
    place_taken,
)
from tests.notifications.worker import Worker
from tests.support.apps import eventually
from tests.support.servers import TestPostgres


async def test_not_06_a_message_is_sent_and_says_so(worker: Worker):
    person = await worker.person("Amina", channels=["email", "in-app"])
    event_id = await worker.hear(opportunity_created())
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)] * 2
    [mail] = worker.catcher.mails
    assert mail["To"] == "amina@people.example"
    assert mail["Reply-To"] == "voice@voice.example"
    assert mail["Subject"] == "A new way to take part: Choosing who runs the cafe"
    rows = await worker.rows(
        "SELECT m.message_id, o.body::jsonb AS said, o.caused_by FROM outbox o JOIN messages m ON m.message_id = "
        "o.aggregate_id"
    )
    assert {row.said["channel"] for row in rows} == {"email", "in-app"}
    for row in rows:
        assert row.caused_by == event_id
        assert row.said["template"] == "opportunity-created"
        assert row.said["person"] == {"kind": "person", "id": str(person), "home": "test"}
    assert await worker.broken() == {}


async def test_not_06_the_message_s_steps_stand_under_what_it_speaks_of(worker: Worker):
    await worker.person("Amina")
    published = opportunity_created()
    event_id = await worker.hear(published)
    await worker.hand_over()
    steps = await worker.rows("SELECT * FROM steps WHERE about = :about ORDER BY at", about=published.opportunity_id)
    assert [(step.what, step.caused_by) for step in steps] == [
        ("messages-queued", event_id),
        ("message-sent", event_id),
    ]
    assert set(steps[1].facts) == {"message_id", "template", "channel"}


async def test_not_02_nothing_is_sent_twice_by_workers_that_meet(worker: Worker):
    for number in range(25):
        await worker.person(f"Person{number}")
    await worker.hear(opportunity_created())
    await asyncio.gather(*(worker.hand_over() for _ in range(5)))
    assert len(worker.catcher.mails) == 25
    assert len({mail["Message-ID"] for mail in worker.catcher.mails}) == 25
    assert {state for _, state, _ in await worker.states()} == {"sent"}


async def test_several_mails_are_in_flight_and_a_connection_serves_many(worker: Worker):
    for number in range(24):
        await worker.person(f"Person{number}")
    await worker.hear(opportunity_created())
    worker.catcher.hang.clear()
    task = asyncio.create_task(worker.hand_over())

    async def all_connections_wait() -> bool:
        return worker.catcher.being_taken == delivery.IN_FLIGHT

    await eventually(all_connections_wait)
    marked = [state for _, state, _ in await worker.states() if state == "handing-over"]
    assert (
        len(marked) == delivery.IN_FLIGHT
    )  # committed before the server has answered, and no more than are in its hands
    worker.catcher.hang.set()
    await task
    assert len(worker.catcher.mails) == 24
    assert worker.catcher.connections == worker.catcher.most_at_once == delivery.IN_FLIGHT


async def test_no_transaction_is_open_while_the_mail_server_thinks(worker: Worker, postgres: TestPostgres):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    worker.catcher.hang.clear()
    task = asyncio.create_task(worker.hand_over())

    async def waits() -> bool:
        return worker.catcher.being_taken == 1

    await eventually(waits)
    admin = await asyncpg.connect(postgres.server.admin_url())
    name = worker.database.url.rpartition("/")[2]
    open_ones = await admin.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND xact_start IS NOT NULL", name
    )
    await admin.close()
    worker.catcher.hang.set()
    await task
    assert open_ones == 0


# --- failures ---


async def test_not_06_a_temporary_failure_is_tried_again_later_and_sent_once(worker: Worker):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    worker.catcher.data_answers = ["451 come back later", "452 and again"]
    await worker.hand_over()
    assert await worker.states() == [("Amina", "queued", None)]
    [row] = await worker.rows(
        "SELECT failures, due_at > clock_timestamp() + interval '50 seconds' AS waits FROM messages"
    )
    assert (row.failures, row.waits) == (1, True)
    await worker.hand_over()
    assert worker.catcher.mails == []
    await worker.time_passes()
    await worker.hand_over()
    [row] = await worker.rows(
        "SELECT failures, due_at > clock_timestamp() + interval '110 seconds' AS waits FROM messages"
    )
    assert (row.failures, row.waits) == (2, True)
    await worker.time_passes()
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)]
    assert len(worker.catcher.mails) == 1
    assert await worker.broken() == {}


async def test_not_06_what_nobody_takes_for_more_than_a_day_has_failed(worker: Worker):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    worker.catcher.rcpt_answers["amina@people.example"] = "450 mailbox busy"
    for _ in range(11):
        await worker.hand_over()
        await worker.time_passes()
    assert await worker.states() == [("Amina", "failed", "unreachable")]
    assert await worker.published() == ["notifications.message-failed.v1"]
    assert await worker.broken() == {}


async def test_not_06_a_refusal_is_final_and_the_others_still_get_theirs(worker: Worker):
    for name in ("Amina", "Bola", "Cerys"):
        await worker.person(name)
    await worker.hear(opportunity_created())
    worker.catcher.rcpt_answers["bola@people.example"] = "550 no such person"
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None), ("Bola", "failed", "refused"), ("Cerys", "sent", None)]
    assert await worker.published() == ["notifications.message-failed.v1"] + ["notifications.message-sent.v1"] * 2
    await worker.time_passes()
    await worker.hand_over()
    assert len(worker.catcher.mails) == 2
    assert await worker.broken() == {}


async def test_not_06_a_service_message_falls_back_to_the_app(worker: Worker):
    person = await worker.person("Amina", opted_out=["new-opportunities"])
    published = opportunity_created()
    await worker.hear(published, place_taken(published, person))
    worker.catcher.rcpt_answers["amina@people.example"] = "550 no such person"
    await worker.hand_over()
    await worker.hand_over()
    rows = await worker.rows("SELECT channel, state FROM messages ORDER BY channel")
    assert [(row.channel, row.state) for row in rows] == [("email", "failed"), ("in-app", "sent")]
    assert await worker.broken() == {}


@pytest.mark.parametrize("address", [None, "", "no address", "a\r\nBcc: b@people.example"])
async def test_not_06_a_person_without_an_address_is_shown_to_staff(worker: Worker, address: str | None):
    person = await worker.person("Amina")
    worker.people.addresses.pop(person)
    if address is not None:
        worker.people.addresses[person] = address
    await worker.hear(opportunity_created())
    await worker.hand_over()
    assert await worker.states() == [("Amina", "failed", "no-address")]
    assert worker.catcher.mails == []
    assert await worker.broken() == {}


async def test_not_02_who_opts_out_while_a_message_waits_does_not_get_it(worker: Worker):
    person = await worker.person("Amina")
    await worker.hear(opportunity_created())
    await worker.card(person, card("Amina", version=2, opted_out=["new-opportunities"]))
    await worker.hand_over()
    assert await worker.states() == [("Amina", "withheld", None)]
    assert worker.catcher.mails == []
    assert await worker.broken() == {}


async def test_peo_04_and_not_05_who_pauses_still_gets_by_mail_what_concerns_a_place_they_keep_and_no_news(
    worker: Worker,
):
    person = await worker.person("Amina")
    published = opportunity_created()
    await worker.hear(published, place_taken(published, person))
    await worker.card(person, card("Amina", version=2, paused=True))
    await worker.hear(cancelled(published, person), opportunity_created())
    await worker.hand_over()
    await worker.hand_over()
    rows = await worker.rows("SELECT template, channel, state FROM messages ORDER BY template")
    assert [(row.template, row.channel, row.state) for row in rows] == [
        ("opportunity-cancelled", "email", "sent"),
        ("opportunity-created", "email", "withheld"),
        ("place-taken", "email", "sent"),
    ]
    assert len(worker.catcher.mails) == 2


async def test_fb_04_an_answer_goes_by_email_to_who_chose_that_for_it(worker: Worker):
    person = await worker.person("Amina", channels=["in-app"])
    item = feedback_received(None, person)
    await worker.hear(item, feedback_closed(item, hear_by="email"))
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)]
    assert len(worker.catcher.mails) == 1


async def test_the_newest_name_and_wording_are_used_at_hand_over(worker: Worker):
    person = await worker.person("Amina")
    await worker.hear(opportunity_created())
    await worker.card(person, card("Mina", version=2, discreet=True))
    await worker.hand_over()
    [mail] = worker.catcher.mails
    assert mail["Subject"] == "Something new you may like"
    assert "Hello Mina" in mail.get_body(("plain",)).get_content()  # pyrefly: ignore
    await worker.card(person, card("Nina", version=3, discreet=True))
    [row] = await worker.rows("SELECT message_id FROM messages WHERE channel = 'email'")
    [kept] = await worker.read(drafts, [row.message_id])
    assert kept.name == "Mina", "what was said is kept as it was said"
    stored = await worker.rows("SELECT * FROM messages")
    assert "Mina" not in str(stored) and "people.example" not in str(stored)


async def test_while_the_mail_server_is_away_messages_wait_and_nothing_counts_against_them(worker: Worker):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    port, worker.service.settings.smtp_port = worker.service.settings.smtp_port, 9
    for _ in range(15):
        await worker.hand_over()
        await worker.time_passes()
    [row] = await worker.rows("SELECT state, failures, lease FROM messages")
    assert (row.state, row.failures, row.lease) == ("queued", 0, None)
    worker.service.settings.smtp_port = port
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)]


async def test_while_people_is_away_messages_wait(worker: Worker, nats_server: Any):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    nats_server.stop()
    await worker.hand_over()
    assert await worker.states() == [("Amina", "queued", None)]
    nats_server.start()

    async def sent() -> bool:
        await worker.time_passes()
        with contextlib.suppress(ConnectionError):
            await worker.hand_over()
        return await worker.states() == [("Amina", "sent", None)]

    await eventually(sent, within=60)
    assert len(worker.catcher.mails) == 1


# --- sent again by a person ---


async def test_not_02_staff_may_send_a_failed_message_again_and_it_is_written_down(worker: Worker):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    worker.catcher.rcpt_answers["amina@people.example"] = "550 no such person"
    await worker.hand_over()
    [row] = await worker.rows("SELECT message_id FROM messages")
    coordinator = Actor("person", new_id())
    again = Command("send-message-again", coordinator)
    await worker.database.run(again, lambda tx: handover.send_again(tx, row.message_id))
    [step] = await worker.rows("SELECT * FROM steps WHERE what = 'message-sent-again'")
    assert (step.actor_id, step.facts["was"]) == (coordinator.id, "failed")
    worker.catcher.rcpt_answers.clear()
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)]
    assert await worker.published() == ["notifications.message-failed.v1", "notifications.message-sent.v1"]
    with pytest.raises(Refused):
        await worker.database.run(again, lambda tx: handover.send_again(tx, row.message_id))
    assert await worker.broken() == {}
