"""The way in: what another organisation sends is believed only as far as it must be, and can stop nobody else's."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.gateway import sealing
from services.gateway.domain import Enclosed
from services.gateway.keys import new_network_keys, parse_keys
from services.gateway.sealed_messages import SealedMessage
from shared.db import new_id
from shared.events import network
from shared.events.base import Addressed
from shared.messaging.publishing import Outgoing, publish
from tests.gateway.support import (
    TRACEPARENT,
    Organisation,
    Organisations,
    left_place,
    request_content,
    requested,
    shared,
    signed,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def send(
    organisation: Organisation, kind: str, body: bytes | str, event_id: UUID | str | None = None, **headers: str
) -> UUID | str:
    """As an organisation whose gateway does what it likes."""
    event_id = event_id or new_id()
    values = {"ce-id": str(event_id), "ce-time": "2026-11-22T10:00:00+00:00", "traceparent": TRACEPARENT} | headers
    content = body.encode() if isinstance(body, str) else body
    if kind.startswith("public."):
        values = signed(organisation, kind.removeprefix("public."), content, values) | headers
    assert await publish(
        organisation.border, Outgoing(f"out.{kind}.v1", content, {"Nats-Msg-Id": str(new_id()), **values})
    )
    return event_id


def changed(**fields: Any) -> str:
    return json.dumps(json.loads(shared().model_dump_json()) | fields)


async def nothing_else_arrives(viewpoint: Organisation, sun: Organisation) -> None:
    """What sun sent before is dealt with, and this alone is sent on."""
    marker = shared()
    await send(sun, "public.opportunity-shared", marker.model_dump_json())
    messages = await viewpoint.heard(network.OpportunityShared)
    assert [UUID(json.loads(message.data)["opportunity_id"]) for message in messages] == [marker.opportunity_id]


PUBLIC = "public.opportunity-shared"


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        pytest.param(PUBLIC, changed(background="x" * 60_000), "too big: ", id="huge"),
        pytest.param(PUBLIC, b"\xff\xfe\x00", "invalid: not JSON", id="not JSON"),
        pytest.param(PUBLIC, "[" * 20_000, "invalid: not JSON", id="deep"),
        pytest.param(PUBLIC, changed(title=["a", "list"], paid="perhaps"), "invalid: paid, title", id="wrong types"),
        pytest.param(PUBLIC, changed(title="x" * 151), "invalid: title", id="too long"),
        pytest.param(PUBLIC, changed(sessions=[]), "invalid: sessions", id="no session"),
        pytest.param(PUBLIC, changed(title="bell\x07"), "title: holds control characters", id="control characters"),
        pytest.param(PUBLIC, changed(url="javascript:alert(1)"), "invalid: url", id="address"),
        pytest.param(
            PUBLIC,
            changed(
                sessions=[
                    {
                        "session_id": str(new_id()),
                        "starts_at": "9999-01-01T10:00:00Z",
                        "ends_at": "9999-01-01T11:00:00Z",
                        "venue": "",
                    }
                ]
            ),
            "sessions.0.starts_at: not in a sensible year; sessions.0.ends_at: not in a sensible year",
            id="year 9999",
        ),
        pytest.param(
            PUBLIC,
            changed(
                sessions=[
                    {
                        "session_id": str(new_id()),
                        "starts_at": "2026-12-03T10:00:00Z",
                        "ends_at": "2026-12-03T09:00:00Z",
                        "venue": "",
                    }
                ]
            ),
            "sessions.0.ends_at: not after the start",
            id="ends before it starts",
        ),
        pytest.param(
            "public.guest-left",
            left_place("viewpoint").model_dump_json(),
            "came open and is for one organisation",
            id="open",
        ),
        pytest.param("public.people-shared", "{}", "not a kind of event that crosses", id="unknown kind"),
        pytest.param("public.organisation-removed", "{}", "sun may not say this", id="the hub's word"),
        pytest.param("public.organisation-announced", "{}", "invalid: ", id="announcement"),
        pytest.param(
            "to.viewpoint.sealed", b"", "not a sealed message of a form that we know", id="empty sealed message"
        ),
        pytest.param(
            "to.viewpoint.sealed", b"\x01" + b"x" * 2000, "sealed to a key that is not ours", id="no sealed message"
        ),
    ],
)
async def test_net_04_what_is_wrong_is_parked_once_and_sent_on_to_nobody(
    organisations: Organisations, kind: str, body: bytes | str, reason: str
):
    sun, viewpoint = organisations
    await send(sun, kind, body)
    (dead_letter,) = await viewpoint.parked()
    assert dead_letter["reason"].startswith(reason)
    assert dead_letter["consumer"] == "network-sun"
    await nothing_else_arrives(viewpoint, sun)
    assert len(await viewpoint.dead_letters()) == 1


@pytest.mark.parametrize("event_id", ["none", "Jane"])
async def test_net_04_a_message_without_a_proper_id_is_parked(organisations: Organisations, event_id: str):
    sun, viewpoint = organisations
    await send(sun, PUBLIC, shared().model_dump_json(), event_id)
    assert (await viewpoint.parked())[0]["reason"] == "has no event id"


async def test_net_04_html_stays_text_and_what_a_newer_sender_adds_is_left_out(organisations: Organisations):
    sun, viewpoint = organisations
    title = "<script>alert('x')</script> & <b>bold</b>"
    await send(sun, PUBLIC, changed(title=title, invented_later={"name": "Jane"}))
    (message,) = await viewpoint.heard(network.OpportunityShared)
    assert json.loads(message.data)["title"] == title
    assert b"invented_later" not in message.data


@pytest.mark.parametrize(
    "forged", ['{"origin": "suffolk", ', '{"origin": "suffolk", "origin": "viewpoint", "host": "viewpoint", ']
)
async def test_net_04_nobody_speaks_for_another(organisations: Organisations, forged: str):
    sun, viewpoint = organisations
    body = shared().model_dump_json()
    await send(
        sun,
        PUBLIC,
        forged + body[1:-1] + ', "origin": "suffolk"}',
        origin="suffolk",
        **{"ce-source": "/chorus/viewpoint/people"},
    )
    (message,) = await viewpoint.heard(network.OpportunityShared)
    assert message.data.count(b'"origin"') == 1
    assert json.loads(message.data)["origin"] == "sun"
    assert (message.headers or {})["ce-source"] == "/chorus/viewpoint/gateway"


async def test_net_04_only_headers_of_our_own_making_come_in(organisations: Organisations):
    sun, viewpoint = organisations
    event = shared()
    theirs = {"baggage": "user=Jane", "tracestate": "x=1", "Status": "404", "x-own": "1"}
    event_id = await send(sun, PUBLIC, event.model_dump_json(), **theirs)
    assert isinstance(event_id, UUID)
    (message,) = await viewpoint.heard(network.OpportunityShared)
    local = str(network.local_id("sun", event_id))
    found = dict(message.headers or {})
    assert found.pop("traceparent") != TRACEPARENT
    assert {name: value for name, value in found.items() if not name.startswith("Nats-Batch")} == {
        "Nats-Msg-Id": local,
        "Nats-Expected-Stream": "NETWORK",
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": local,
        "ce-source": "/chorus/viewpoint/gateway",
        "ce-type": "network.opportunity-shared.v1",
        "ce-subject": str(event.opportunity_id),
        "ce-time": "2026-11-22T10:00:00+00:00",
        "ce-causationid": local,
    }


@pytest.fixture
def spans(organisations: Organisations) -> Iterator[InMemorySpanExporter]:
    """What Viewpoint's gateway has traced."""
    exporter = InMemorySpanExporter()
    organisations[1].gateway.tracer_provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


@pytest.mark.parametrize("together", [1, 60])
async def test_net_04_each_begins_a_trace_of_ours_that_links_to_the_sender_s(
    organisations: Organisations, spans: InMemorySpanExporter, together: int
):
    sun, viewpoint = organisations
    for _ in range(together):
        await send(sun, PUBLIC, shared().model_dump_json())
    messages = await viewpoint.heard(network.OpportunityShared, together)
    contexts = {span: context for span in spans.get_finished_spans() if (context := span.get_span_context())}
    found = {f"{context.trace_id:032x}-{context.span_id:016x}": span for span, context in contexts.items()}
    for message in messages:
        _, trace_and_span = (message.headers or {})["traceparent"].split("-", 1)
        span = found[trace_and_span.rpartition("-")[0]]
        assert span.parent is None
        assert {f"{link.context.trace_id:032x}" for link in span.links} == {TRACEPARENT[3:35]}
        assert f"{contexts[span].trace_id:032x}" != TRACEPARENT[3:35]


# Sealed messages


def sealed_message_of(said: Addressed, content: str | None = None, **changes: Any) -> SealedMessage:
    values: dict[str, Any] = {
        "origin": "sun",
        "to": "viewpoint",
        "event_id": new_id(),
        "name": said.name,
        "event": said.model_dump_json(),
        "content": content,
        "content_version": 1 if content else None,
    }
    return SealedMessage(**values | changes)


async def send_sealed(
    sun: Organisation,
    viewpoint: Organisation,
    sealed_message: SealedMessage,
    *,
    signed_by=None,
    bound_as: Enclosed | None = None,
    event_id: UUID | None = None,
) -> UUID:
    """A sealed message as a gateway would send it that does what it likes: it may bind it as something else than it
    says."""
    enclosed = bound_as or Enclosed("sun", "viewpoint", str(sealed_message.event_id))
    body = sealing.seal(
        sealed_message.model_dump_json().encode(),
        enclosed,
        signing_key=signed_by or sun.gateway.ring.own.current.signing,
        sealing_key=viewpoint.gateway.ring.own.current.public.sealing,
    )
    sent = await send(sun, "to.viewpoint.sealed", body, event_id or sealed_message.event_id)
    assert isinstance(sent, UUID)
    return sent


async def test_net_04_a_sealed_message_that_says_another_origin_is_refused(organisations: Organisations):
    sun, viewpoint = organisations
    await send_sealed(sun, viewpoint, sealed_message_of(left_place("viewpoint"), origin="suffolk"))
    assert (await viewpoint.parked())[0][
        "reason"
    ] == "the sealed message is not from the organisation that the hub names"


async def test_net_04_a_sealed_message_for_another_organisation_is_refused(organisations: Organisations):
    sun, viewpoint = organisations
    await send_sealed(sun, viewpoint, sealed_message_of(left_place("suffolk"), to="suffolk"))
    assert (await viewpoint.parked())[0]["reason"] == "the sealed message is for another organisation"


async def test_net_04_an_event_for_another_organisation_in_a_sealed_message_for_us_is_refused(
    organisations: Organisations,
):
    sun, viewpoint = organisations
    await send_sealed(sun, viewpoint, sealed_message_of(left_place("suffolk")))
    assert (await viewpoint.parked())[0]["reason"] == "the event in the sealed message is for another organisation"


async def test_net_04_a_sealed_message_under_another_message_s_id_is_refused(organisations: Organisations):
    sun, viewpoint = organisations
    sealed_message = sealed_message_of(left_place("viewpoint"))
    other = new_id()
    await send_sealed(sun, viewpoint, sealed_message, event_id=other)  # moved
    await send_sealed(
        sun, viewpoint, sealed_message, event_id=other, bound_as=Enclosed("sun", "viewpoint", str(other))
    )  # sealed again around the same sealed message
    reasons = {found["reason"] for found in await viewpoint.parked(2)}
    assert reasons == {
        "the seal is broken, or the sealed message was sent as another message",
        "the sealed message belongs to another message",
    }


async def test_net_04_a_sealed_message_that_another_key_has_signed_is_refused(organisations: Organisations):
    sun, viewpoint = organisations
    stranger = parse_keys(new_network_keys()).current.signing
    await send_sealed(sun, viewpoint, sealed_message_of(left_place("viewpoint")), signed_by=stranger)
    assert (await viewpoint.parked())[0][
        "reason"
    ] == "the sealed message is not signed with the key that we know of sun"


@pytest.mark.parametrize(
    ("sealed_message", "reason"),
    [
        (sealed_message_of(requested("viewpoint")), "the sealed message has no content"),
        (
            sealed_message_of(requested("viewpoint"), '{"code": "Jane", "needs": [], "duty_number": ""}'),
            "invalid: code",
        ),
        (
            sealed_message_of(
                requested("viewpoint"), '{"code": "G-7F3K", "needs": ["Jane needs a hearing loop"], "duty_number": ""}'
            ),
            "invalid: needs.0",
        ),
        (sealed_message_of(left_place("viewpoint"), event="{}"), "invalid: guest_id, opportunity_id, to, version"),
        (sealed_message_of(left_place("viewpoint"), name="opportunity-shared"), "came sealed and is public"),
        (sealed_message_of(left_place("viewpoint"), name="person-changed"), "not a kind of event that crosses"),
    ],
)
async def test_net_04_what_is_in_a_sealed_message_is_checked_like_anything_else(
    organisations: Organisations, sealed_message: SealedMessage, reason: str
):
    sun, viewpoint = organisations
    sealed_message = sealed_message.model_copy(update={"event_id": new_id()})
    await send_sealed(sun, viewpoint, sealed_message)
    (found,) = await viewpoint.parked()
    assert found["reason"] == reason
    whole = (await viewpoint.operator("GET", f"/gateway/operator/dead-letters/{found['id']}")).text
    assert "Jane" not in whole
    await nothing_else_arrives(viewpoint, sun)


async def test_net_04_a_sealed_message_that_comes_again_changes_nothing_and_keeps_its_id(organisations: Organisations):
    sun, viewpoint = organisations
    event = requested("viewpoint")
    sealed_message = sealed_message_of(event, json.dumps(request_content()["content"]))
    for _ in range(3):
        await send_sealed(sun, viewpoint, sealed_message)
    await send(sun, PUBLIC, shared().model_dump_json())
    await viewpoint.heard(network.OpportunityShared)
    messages = await viewpoint.heard(network.GuestRequested)
    assert {(message.headers or {})["ce-id"] for message in messages} == {
        str(network.local_id("sun", sealed_message.event_id))
    }
    assert await viewpoint.dead_letters() == []


async def test_net_04_an_older_sealed_message_does_not_replace_a_newer_one(organisations: Organisations):
    sun, viewpoint = organisations
    guest_id = new_id()
    for version, code in ((2, "G-2222"), (1, "G-7F3K")):
        event = requested("viewpoint", version=version, guest_id=guest_id)
        content = json.dumps(request_content(code=code)["content"])
        await send_sealed(sun, viewpoint, sealed_message_of(event, content, content_version=version))
    await viewpoint.heard(network.GuestRequested, 2)
    contents = await viewpoint.ask_contents("opportunities", network.GuestRequested, ("sun", guest_id))
    assert contents[f"sun/{guest_id}"] == {"version": 2, "content": request_content(code="G-2222")["content"]}


async def test_net_02_what_one_origin_sent_is_not_given_under_another_s_name(organisations: Organisations):
    sun, viewpoint = organisations
    event = requested("viewpoint")
    await send_sealed(sun, viewpoint, sealed_message_of(event, json.dumps(request_content()["content"])))
    await viewpoint.heard(network.GuestRequested)
    assert await viewpoint.ask_contents("opportunities", network.GuestRequested, ("suffolk", event.guest_id)) == {}
    assert await viewpoint.ask_contents("opportunities", network.GuestAnswered, ("sun", event.guest_id)) == {}
    assert len(await viewpoint.ask_contents("opportunities", network.GuestRequested, ("sun", event.guest_id))) == 1


async def test_net_04_a_parked_sealed_message_arrives_when_it_is_replayed_if_it_may(organisations: Organisations):
    sun, viewpoint = organisations
    stranger = parse_keys(new_network_keys()).current.signing
    await send_sealed(sun, viewpoint, sealed_message_of(left_place("viewpoint")), signed_by=stranger)
    (dead_letter,) = await viewpoint.parked()
    again = await viewpoint.operator("POST", f"/gateway/operator/dead-letters/{dead_letter['id']}/replay")
    assert again.status_code == 422
    assert not (await viewpoint.dead_letters())[0]["replayed_at"]
    await nothing_else_arrives(viewpoint, sun)


async def test_net_04_a_hundred_bad_messages_are_kept_the_rest_counted_and_the_good_ones_still_come(
    organisations: Organisations,
):
    sun, viewpoint = organisations
    before = viewpoint.gateway.refused.labels("sun")._value.get()
    for _ in range(130):
        await send(sun, PUBLIC, "bad")
    await nothing_else_arrives(viewpoint, sun)
    assert viewpoint.gateway.refused.labels("sun")._value.get() - before == 130
    assert len(await viewpoint._all_parked()) == 100
    metrics = (await viewpoint.operator("GET", "/gateway/metrics")).text
    assert 'chorus_network_refused_total{origin="sun"}' in metrics
