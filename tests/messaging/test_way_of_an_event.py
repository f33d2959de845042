"""Outbox to JetStream to inbox, on real servers: once each, in order, whatever stops in between."""

import asyncio
import hashlib
import json

import nats
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.db import Actor, Command, Transaction, new_id, sent_with
from shared.identity import Role
from shared.messaging import steps
from shared.reasons import NotYet, Refused
from tests.messaging.support import SEEN, SOMEBODY, Listener, place_taken, tell, tell_together, teller
from tests.support.apps import eventually, running, signed_in
from tests.support.servers import PASSWORD


async def _published(service) -> bool:
    return not await service.database.read(
        lambda tx: tx.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
    )


async def test_an_event_is_heard_once_and_in_order(folder, postgres, nats_server):
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    events = [place_taken() for _ in range(60)]
    async with running(app), running(listener.app):
        await tell(service, *events[:10])
        await tell_together(service, events[10:])
        await eventually(lambda: _has_seen(listener, 60))
    assert await listener.seen() == [event.place_id for event in events]


async def _has_seen(listener: Listener, count: int) -> bool:
    return len(await listener.seen()) >= count


async def test_what_was_done_while_nats_was_away_is_carried_out_when_it_is_back(folder, postgres, nats_server):
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    async with running(app), running(listener.app):
        await tell(service, place_taken())
        await eventually(lambda: _has_seen(listener, 1))
        nats_server.kill()
        late = place_taken()
        await asyncio.wait_for(tell(service, late), 5)
        nats_server.start()
        await eventually(lambda: _has_seen(listener, 2), within=60)
    assert (await listener.seen())[-1] == late.place_id


async def test_postgresql_killed_and_restarted_loses_and_repeats_nothing(folder, own_postgres, nats_server):
    service, app = teller(folder, own_postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, own_postgres.bare_database("payments", SEEN), nats_server)
    first, second = [place_taken() for _ in range(20)], [place_taken() for _ in range(20)]
    async with running(app), running(listener.app):
        await tell_together(service, first)
        own_postgres.server.kill()
        own_postgres.server.start()

        async def told() -> bool:
            try:
                await tell_together(service, second)
            except Exception:
                return False
            return True

        await eventually(told, within=60)
        await eventually(lambda: _has_seen(listener, 40), within=60)
    assert sorted(await listener.seen()) == sorted(event.place_id for event in first + second)


async def test_a_poison_message_parks_alone_with_its_reason_and_can_be_replayed(
    folder, postgres, nats_server, monkeypatch
):
    monkeypatch.setattr("shared.messaging.consumer.DELAYS", (0.05, 0.05))
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    events = [place_taken() for _ in range(30)]
    poison = events[7].place_id
    listener.fails_on = {poison}
    async with running(app), running(listener.app) as client:
        signed_in(client, Role.OPERATOR)
        await tell_together(service, events)
        await eventually(lambda: _has_seen(listener, 29))

        async def parked() -> list[dict]:
            return (await client.get("/payments/operator/dead-letters")).json()["dead_letters"]

        [letter] = await eventually(parked)
        assert letter["reason"] == "failed: RuntimeError"
        assert "secret" not in json.dumps((await client.get(f"/payments/operator/dead-letters/{letter['id']}")).json())

        again = await client.post(f"/payments/operator/dead-letters/{letter['id']}/replay")
        assert again.status_code == 422
        listener.fails_on = set()
        again = await client.post(f"/payments/operator/dead-letters/{letter['id']}/replay")
        assert again.status_code == 200
        assert await parked() == []
    seen = await listener.seen()
    assert len(seen) == 30
    assert seen.count(poison) == 1


async def test_a_message_that_is_not_an_event_parks_and_the_others_flow(folder, postgres, nats_server):
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    stranger = await nats.connect(
        nats_server.client_url("opportunities", PASSWORD), inbox_prefix="_INBOX.opportunities"
    )
    async with running(app), running(listener.app) as client:
        signed_in(client, Role.OPERATOR)
        subject = "opportunities.place-taken.v1"
        await stranger.publish(
            subject, b"{not json", headers={"ce-id": str(new_id()), "content-type": "application/json"}
        )
        await stranger.publish(subject, b'{"place_id": "ada@example.org"}', headers={"ce-id": str(new_id())})
        await stranger.publish(subject, place_taken().model_dump_json().encode())
        await tell(service, place_taken())
        await eventually(lambda: _has_seen(listener, 1))

        async def three() -> list[dict]:
            letters = (await client.get("/payments/operator/dead-letters")).json()["dead_letters"]
            return letters if len(letters) == 3 else []

        letters = await eventually(three)
    await stranger.close()
    assert all(letter["reason"].startswith("invalid") for letter in letters)
    assert not any("ada" in letter["reason"] for letter in letters)


async def test_an_event_that_comes_twice_is_handled_once(folder, postgres, nats_server):
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    stranger = await nats.connect(
        nats_server.client_url("opportunities", PASSWORD), inbox_prefix="_INBOX.opportunities"
    )
    event, last = place_taken(), place_taken()
    async with running(listener.app):
        for said, event_id in ((event, new_id()), (last, new_id())):
            for _ in range(3):  # without Nats-Msg-Id, JetStream stores each of them
                await stranger.publish(
                    said.subject(), said.model_dump_json().encode(), headers={"ce-id": str(event_id)}
                )
        await eventually(lambda: _has_seen(listener, 2))
        await eventually(lambda: _all_acknowledged(listener))
    await stranger.close()
    assert await listener.seen() == [event.place_id, last.place_id]


async def _all_acknowledged(listener: Listener) -> bool:
    info = await listener.service.nats().jetstream().consumer_info("OPPORTUNITIES", "payments-opportunities")  # pyrefly: ignore
    return info.num_pending == 0 and info.num_ack_pending == 0


async def test_what_waits_for_something_is_tried_again_until_it_is_there(folder, postgres, nats_server):
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    event = place_taken()
    listener.fails_on, listener.error = {event.place_id}, NotYet("the opportunity")
    async with running(app), running(listener.app):
        await tell(service, event)

        async def tried() -> bool:
            return listener.calls >= 3

        await eventually(tried)
        listener.fails_on = set()
        await eventually(lambda: _has_seen(listener, 1))


async def test_a_command_with_a_key_is_done_once_and_answers_the_same(folder, postgres):
    service, app = teller(folder, postgres.bare_database("opportunities"), None)
    key, done = new_id(), []

    async def work(tx: Transaction) -> str:
        done.append(1)
        await steps.add(tx, "paid", about=key, amount_pence=1250)
        return "/payments/runs/1"

    async with running(app):
        answers = await asyncio.gather(
            *(service.database.run(Command("pay", SOMEBODY, key), work, once=True) for _ in range(8))
        )
        rows = await service.database.read(lambda tx: steps.find(tx, about=[key]))
    assert answers == ["/payments/runs/1"] * 8
    assert len(done) == 1
    assert len(rows) == 1


async def test_a_key_that_comes_back_with_another_body_is_refused_in_words(folder, postgres):
    service, app = teller(folder, postgres.bare_database("opportunities"), None)
    key, done = new_id(), []

    async def work(tx: Transaction) -> str:
        done.append(1)
        return "first"

    async def send(body: bytes | None, name: str = "pay", actor: Actor = SOMEBODY) -> str:
        sent_with.set(body)
        return await service.database.run(Command(name, actor, key), work, once=True)

    async with running(app):
        assert [await send(b"one"), await send(b"one"), await send(None)] == ["first"] * 3
        for other in (send(b"two"), send(b"one", "pay-more"), send(b"one", actor=Actor("person", new_id()))):
            with pytest.raises(Refused, match="ONCE"):
                await other
        [row] = await service.database.read(lambda tx: tx.all(text("SELECT facts FROM steps")))
    assert done == [1]
    assert len(row.facts["inputs"]) == 64 and row.facts["inputs"] != hashlib.sha256(b"one").hexdigest()


async def test_steps_are_never_changed_by_anyone(folder, postgres):
    service, app = teller(folder, postgres.bare_database("opportunities"), None)

    async def work(tx: Transaction) -> None:
        await steps.add(tx, "looked", about=new_id())

    async def change(tx: Transaction) -> None:
        await tx.execute(text("UPDATE steps SET what = 'nothing'"))

    async with running(app):
        await service.database.run(Command("look", SOMEBODY), work)
        with pytest.raises(DBAPIError, match=r"never changed|permission denied"):
            await service.database.run(Command("change", SOMEBODY), change)


async def test_an_event_that_is_refused_holds_back_its_own_aggregate_and_no_other(folder, postgres, nats_server):
    service, app = teller(folder, postgres.bare_database("opportunities"), nats_server)
    stuck, free = new_id(), [place_taken() for _ in range(20)]

    async def make_too_big(tx: Transaction) -> None:
        await tx.execute(
            text("UPDATE outbox SET body = repeat('x', 2000000) WHERE aggregate_id = :id AND version = 1"),
            {"id": stuck},
        )

    service.settings.relay_poll_seconds = service.relay.poll_seconds = 0.05
    await tell_together(service, [place_taken(1, stuck), place_taken(2, stuck), *free])
    await service.database.run(Command("spoil", SOMEBODY), make_too_big)
    async with running(app):

        async def others_are_out() -> bool:
            waiting = await service.database.read(
                lambda tx: tx.all(text("SELECT aggregate_id, version FROM outbox WHERE published_at IS NULL"))
            )
            return {(row.aggregate_id, row.version) for row in waiting} == {(stuck, 1), (stuck, 2)}

        await eventually(others_are_out)


async def test_what_is_done_about_one_thing_days_apart_is_linked_span_to_span(folder, postgres):
    service, app = teller(folder, postgres.bare_database("opportunities"), None)
    received = InMemorySpanExporter()
    service.tracer_provider.add_span_processor(SimpleSpanProcessor(received))
    claim = new_id()

    async def work(tx: Transaction) -> None:
        await steps.add(tx, "looked-at", about=claim)

    async with running(app):
        for name in ("submit", "approve", "pay"):
            await service.database.run(Command(name, SOMEBODY), work)
    spans = {span.name: span for span in received.get_finished_spans() if span.name in ("submit", "approve", "pay")}
    linked = {name: [link.context.span_id for link in span.links] for name, span in spans.items()}
    context = {name: span.context for name, span in spans.items() if span.context is not None}
    assert linked["submit"] == []
    assert linked["approve"] == [context["submit"].span_id]
    assert linked["pay"] == [context["approve"].span_id]
    assert len({each.trace_id for each in context.values()}) == 3
