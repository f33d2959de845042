"""Wherever a hand-over is cut off, nobody gets a message twice, and what nobody knows is said so (NOT-02)."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notifications.gateways.mail import Mailer
from services.notifications.use_cases import handover
from shared.db import SYSTEM, Command, Database, new_id
from shared.events import Event
from tests.notifications.support import MailCatcher, People, World, opportunity_created, publish, settings
from tests.notifications.worker import Worker
from tests.support.apps import eventually
from tests.support.servers import TestPostgres


async def test_not_02_a_crash_after_the_mark_is_shown_to_staff_and_never_sent_again_by_itself(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    await worker.person("Amina")
    await worker.hear(opportunity_created())

    async def crash(*_: Any) -> None:
        raise KeyError("crash")

    with monkeypatch.context() as patched:
        patched.setattr(Mailer, "hand_over", crash)
        with pytest.raises(ExceptionGroup):
            await worker.hand_over()
    assert await worker.states() == [("Amina", "handing-over", None)]
    await worker.hand_over()
    await worker.look_for_left_over()
    assert await worker.states() == [("Amina", "handing-over", None)]  # its lease has not run out
    await worker.time_passes("lease_until")
    await worker.look_for_left_over()
    await worker.look_for_left_over()
    await worker.hand_over()
    assert await worker.states() == [("Amina", "unknown", "unknown")]
    assert worker.catcher.mails == []
    [row] = await worker.rows("SELECT body::jsonb AS said FROM outbox")
    assert row.said["reason"] == "unknown"
    assert await worker.broken() == {}


async def test_not_02_a_connection_that_breaks_after_the_text_leaves_it_unknown(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    await worker.person("Amina")
    await worker.hear(opportunity_created())

    async def drop(server: Any, session: Any, envelope: Any) -> str:
        server.transport.abort()
        return "250 never heard"

    monkeypatch.setattr(worker.catcher, "handle_DATA", drop)
    await worker.hand_over()
    assert await worker.states() == [("Amina", "unknown", "unknown")]
    assert await worker.broken() == {}


async def test_not_02_a_connection_that_breaks_before_the_text_is_simply_tried_again(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    await worker.person("Amina")
    await worker.hear(opportunity_created())

    async def drop(server: Any, *_: Any) -> str:
        server.transport.abort()
        return "250 never heard"

    with monkeypatch.context() as patched:
        patched.setattr(worker.catcher, "handle_RCPT", drop)
        await worker.hand_over()
    assert await worker.states() == [("Amina", "queued", None)]
    await worker.time_passes()
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)]


async def test_a_crash_before_the_mark_loses_nothing(worker: Worker):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    await worker.do(handover.lease_messages, new_id(), 10)
    await worker.hand_over()
    assert worker.catcher.mails == []  # leased to somebody else
    await worker.time_passes("lease_until")
    await worker.hand_over()
    assert await worker.states() == [("Amina", "sent", None)]


async def test_a_worker_whose_lease_ran_out_sends_nothing(worker: Worker):
    await worker.person("Amina")
    await worker.hear(opportunity_created())
    mine, theirs = new_id(), new_id()
    [row] = await worker.do(handover.lease_messages, mine, 10)
    await worker.time_passes("lease_until")
    mark = Command("mark", SYSTEM)
    assert not await worker.database.run(mark, lambda tx: handover.mark_handing_over(tx, mine, row.message_id))
    await worker.do(handover.lease_messages, theirs, 10)
    assert not await worker.database.run(mark, lambda tx: handover.mark_handing_over(tx, mine, row.message_id))
    assert await worker.database.run(mark, lambda tx: handover.mark_handing_over(tx, theirs, row.message_id))
    assert not await worker.database.run(mark, lambda tx: handover.mark_handing_over(tx, theirs, row.message_id))


async def test_a_service_that_is_stopped_finishes_what_it_has_begun(worker: Worker):
    for name in ("Amina", "Bola"):
        await worker.person(name)
    await worker.hear(opportunity_created())
    worker.catcher.hang.clear()
    task = asyncio.create_task(worker.hand_over())

    async def begun() -> bool:
        return worker.catcher.being_taken == 2

    await eventually(begun)
    task.cancel()
    await asyncio.sleep(0)
    worker.catcher.hang.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {state for _, state, _ in await worker.states()} == {"sent"}
    assert len(worker.catcher.mails) == 2


async def test_not_02_kill_9_while_the_mail_server_has_the_mail(
    own_postgres: TestPostgres, nats_server: Any, catcher: MailCatcher, folder: Path
):
    """The whole service in a process of its own, killed in the middle of a hand-over and started again."""
    url = own_postgres.database("notifications")
    world = World(Database(url))
    catcher.hang.clear()
    async with People().answering(nats_server) as people:
        person = people.add("Amina")
        await world.card(person, people.cards[person])
        process = await start(folder, url, catcher, nats_server)
        published: tuple[UUID, Event] = (new_id(), opportunity_created())
        await publish(nats_server, [published])

        async def in_its_hands() -> bool:
            return catcher.being_taken == 1

        await eventually(in_its_hands, within=60)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        catcher.hang.set()
        await publish(nats_server, [published], again=True)
        async with world.database.transaction(new_id(), SYSTEM) as tx:
            await tx.execute(text("UPDATE messages SET lease_until = clock_timestamp()"))
        process = await start(folder, url, catcher, nats_server)

        async def known_to_be_unknown() -> bool:
            return [row.state for row in await world.rows("SELECT state FROM messages")] == ["unknown"]

        try:
            await eventually(known_to_be_unknown, within=60)
        finally:
            process.terminate()
            await process.wait()
    assert len(catcher.mails) <= 1
    assert await world.broken() == {}
    await world.close()


async def start(folder: Path, url: str, catcher: MailCatcher, nats_server: Any) -> asyncio.subprocess.Process:
    facts = settings(folder, url, catcher, nats_server)
    file = folder / "notifications.env"
    file.write_text(
        "".join(f"CHORUS_{name.upper()}={value}\n" for name, value in facts.model_dump().items() if value is not None)
    )
    environment = {**os.environ, "CHORUS_ENV_FILE": str(file), "CHORUS_PORT": "0"}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.notifications",
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
