"""The way out: what the schema does not name does not leave, and what is for one organisation leaves sealed."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from shared.db import new_id
from shared.events import network
from shared.events.base import Crossing
from tests.gateway.support import (
    TRACEPARENT,
    Organisation,
    Organisations,
    a_session,
    answered,
    left_place,
    request_content,
    requested,
    shared,
    soon,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKER = "Jane Marker 07700 900999"
PUBLIC_HEADERS = {
    "chorus-signature",
    "Nats-Msg-Id",
    "content-type",
    "ce-specversion",
    "ce-id",
    "ce-type",
    "ce-time",
    "traceparent",
}
ADDED_BY_THE_HUB = {"Nats-Stream-Source", "Nats-Batch-Id", "Nats-Batch-Sequence", "Nats-Batch-Commit"}


def with_marker(event: Crossing, *path: str | int) -> str:
    """The event's JSON with a field that its schema does not name, in the object that path leads to."""
    body = json.loads(event.model_dump_json())
    at = body
    for step in path:
        at = at[step]
    at["marker"] = MARKER
    return json.dumps(body)


async def test_net_01_of_the_headers_only_the_named_ones_leave(organisations: Organisations):
    sun, viewpoint = organisations
    event = shared()
    event_id = await sun.say(
        event,
        baggage=f"user={MARKER}",
        tracestate="chorus=1",
        **{"x-user": MARKER, "ce-subject": MARKER, "ce-actor": MARKER},
    )
    (message,) = await viewpoint.came()
    headers = message.headers or {}
    assert set(headers) - ADDED_BY_THE_HUB == PUBLIC_HEADERS
    assert headers["ce-id"] == str(event_id)
    assert headers["ce-type"] == "opportunity-shared"
    assert headers["traceparent"] == TRACEPARENT
    assert "Marker" not in str(headers)
    assert json.loads(message.data) == json.loads(event.model_dump_json())


async def test_net_01_a_named_header_that_holds_something_else_does_not_leave(organisations: Organisations):
    sun, viewpoint = organisations
    await sun.say(shared(), **{"ce-time": MARKER, "traceparent": MARKER, "content-type": MARKER, "ce-type": MARKER})
    (message,) = await viewpoint.came()
    assert set(message.headers or {}) - ADDED_BY_THE_HUB == PUBLIC_HEADERS - {"ce-time", "traceparent"}
    assert "Marker" not in str(message.headers)


@pytest.mark.parametrize("path", [(), ("sessions", 0)])
async def test_net_01_a_field_that_the_schema_does_not_name_keeps_the_event_at_home(
    organisations: Organisations, path: tuple[str | int, ...]
):
    sun, viewpoint = organisations
    await sun.say(shared(), body=with_marker(shared(), *path))
    (dead_letter,) = await sun.parked()
    assert dead_letter["reason"].endswith(".".join(str(step) for step in (*path, "marker")))
    await viewpoint.nothing_came(sun)


async def test_net_02_neither_does_an_addressed_event_with_one(organisations: Organisations):
    sun, viewpoint = organisations
    event = requested("viewpoint")
    sun.contents[str(event.guest_id)] = request_content()
    await sun.say(event, body=with_marker(event))
    assert (await sun.parked())[0]["reason"] == "invalid: marker"
    await viewpoint.nothing_came(sun)


async def test_net_02_nor_a_content_that_says_more_than_its_schema(organisations: Organisations):
    sun, viewpoint = organisations
    event = requested("viewpoint")
    sun.contents[str(event.guest_id)] = request_content(name=MARKER)
    await sun.say(event)
    (dead_letter,) = await sun.parked()
    assert dead_letter["reason"] == "invalid content: name"
    whole = (await sun.operator("GET", f"/gateway/operator/dead-letters/{dead_letter['id']}")).text
    assert "Marker" not in whole
    await viewpoint.nothing_came(sun)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "bell\x07"}, "title: holds control characters"),
        (
            {
                "sessions": (
                    a_session(
                        starts_at=datetime(2026, 12, 3, 10, tzinfo=UTC), ends_at=datetime(2026, 12, 3, 9, tzinfo=UTC)
                    ),
                )
            },
            "sessions.0.ends_at",
        ),
        (dict.fromkeys(("background", "expected", "time_needed", "payment"), "€" * 5000), "too big: "),
    ],
)
async def test_net_01_what_others_would_refuse_is_not_sent(organisations: Organisations, fields: dict, reason: str):
    sun, viewpoint = organisations
    await sun.say(shared(**fields))
    (dead_letter,) = await sun.parked()
    assert dead_letter["reason"].startswith(reason)
    await viewpoint.nothing_came(sun)


async def test_net_02_the_hub_sees_of_a_sealed_message_neither_kind_nor_content_nor_size(organisations: Organisations):
    sun, viewpoint = organisations
    short, long = requested("viewpoint"), requested("viewpoint")
    sun.contents[str(short.guest_id)] = request_content(needs=[])
    sun.contents[str(long.guest_id)] = request_content(
        needs=["step-free", "hearing-loop", "interpreter", "quiet-space", "papers-beforehand"]
    )
    for event in (short, long, left_place("viewpoint")):
        await sun.say(event)
    messages = await viewpoint.came(3)
    assert {message.subject for message in messages} == {"network.sun.to.viewpoint.sealed.v1"}
    assert len({len(message.data) for message in messages}) == 1
    for message in messages:
        headers = message.headers or {}
        assert set(headers) - ADDED_BY_THE_HUB == PUBLIC_HEADERS - {"traceparent", "chorus-signature"}
        assert headers["ce-type"] == "sealed"
        for secret in (
            b"G-7F3K",
            b"step-free",
            b"07700",
            b"guest",
            str(short.guest_id).encode(),
            TRACEPARENT[3:35].encode(),
        ):
            assert secret not in message.data
            assert secret.decode() not in str(headers)


async def test_net_02_a_sealed_message_waits_for_its_addressee_s_keys_and_holds_nobody_up(organisations: Organisations):
    sun, viewpoint = organisations
    await sun.say(left_place("suffolk"))
    await sun.say(left_place("viewpoint"))
    await sun.say(shared())
    assert len(await viewpoint.came(2)) == 2
    assert await sun.dead_letters() == []


async def test_net_02_a_content_that_is_not_there_yet_or_is_older_than_the_event_is_waited_for(
    organisations: Organisations,
):
    sun, viewpoint = organisations
    event = requested("viewpoint", version=2)
    sun.contents[str(event.guest_id)] = request_content(version=1)
    await sun.say(event)
    await soon(lambda: len(sun.asked) >= 2)
    sun.contents[str(event.guest_id)] = request_content(version=3, code="G-2222")
    await viewpoint.heard(network.GuestRequested)
    contents = await viewpoint.ask_contents("opportunities", network.GuestRequested, ("sun", event.guest_id))
    assert contents[f"sun/{event.guest_id}"] == {"version": 3, "content": request_content(code="G-2222")["content"]}


async def test_net_02_contents_are_asked_for_together_and_written_nowhere(organisations: Organisations):
    sun, viewpoint = organisations
    events = [answered("viewpoint", new_id()) for _ in range(40)]
    words = "Bring your guide dog Biscuit"
    for event in events:
        answer = {"reason": words, "needs": [], "joining": [], "duty_number": "07700 900000"}
        sun.contents[str(event.guest_id)] = {"version": 1, "content": answer}
    for event in events:
        await sun.say(event)
    await viewpoint.heard(network.GuestAnswered, 40)
    assert sum(len(question["ids"]) for question in sun.asked) >= 40
    for organisation in organisations:
        for table in ("letters", "inbox", "outbox", "steps", "dead_letters", "keys"):
            assert await count(organisation, f"SELECT count(*) FROM {table} WHERE {table}::text LIKE '%Biscuit%'") == 0
    asked = [("sun", event.guest_id) for event in events]
    assert len(await viewpoint.ask_contents("opportunities", network.GuestAnswered, *asked)) == 40


async def test_net_02_what_was_sealed_for_whom_is_a_step(organisations: Organisations):
    sun, viewpoint = organisations
    event = left_place("viewpoint")
    event_id = await sun.say(event)
    await viewpoint.heard(network.GuestLeft)
    sent = (await sun.operator("GET", f"/gateway/operator/steps?about={event.guest_id}")).json()["steps"]
    assert [(step["kind"], step["what"], step["caused_by"]) for step in sent if step["kind"] == "change"] == [
        ("change", "guest-left-sent", str(event_id))
    ]
    came = (await viewpoint.operator("GET", f"/gateway/operator/steps?about={event.guest_id}")).json()["steps"]
    assert [(step["id"], step["what"], step["facts"]) for step in came] == [
        (str(network.local_id("sun", event_id)), "guest-left-arrived", {"origin": "sun"})
    ]


async def test_net_02_nothing_is_sealed_to_ourselves(organisations: Organisations):
    sun, _ = organisations
    await sun.say(left_place("sun"))
    assert (await sun.parked())[0]["reason"] == "addressed to ourselves"


async def test_net_01_a_parked_event_leaves_when_it_is_replayed(organisations: Organisations):
    sun, viewpoint = organisations
    event = requested("viewpoint")
    sun.contents[str(event.guest_id)] = request_content(name=MARKER)
    await sun.say(event)
    (dead_letter,) = await sun.parked()
    again = await sun.operator("POST", f"/gateway/operator/dead-letters/{dead_letter['id']}/replay")
    assert again.status_code == 422
    sun.contents[str(event.guest_id)] = request_content()
    again = await sun.operator("POST", f"/gateway/operator/dead-letters/{dead_letter['id']}/replay")
    assert again.status_code == 200
    await viewpoint.heard(network.GuestRequested)


async def count(organisation: Organisation, sql: str) -> int:
    return await organisation.gateway.database.read(lambda tx: tx.scalar(text(sql)))
