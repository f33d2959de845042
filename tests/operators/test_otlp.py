"""What an exporter sends is read, or refused with a reason; nothing else happens."""

import gzip
import json
import zlib
from typing import Any

import pytest
from google.rpc import status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from services.operators import otlp
from services.operators.otlp import JSON, PROTOBUF, BadTraces, LinkedTo, TooLarge, read
from shared.telemetry import LINKS

TRACE, SPAN, PARENT = bytes(range(1, 17)), bytes(range(1, 9)), bytes(range(2, 10))


def request(**changes: Any) -> ExportTraceServiceRequest:
    sent = ExportTraceServiceRequest()
    resource = sent.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "payments"
    span = resource.scope_spans.add().spans.add()
    values = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_span_id": PARENT,
        "name": "approve-claim",
        "kind": 2,
        "start_time_unix_nano": 1_000,
        "end_time_unix_nano": 3_000,
    }
    for name, value in (values | changes).items():
        setattr(span, name, value)
    return sent


def the_span(sent: ExportTraceServiceRequest) -> Any:
    return sent.resource_spans[0].scope_spans[0].spans[0]


def test_a_span_is_read_with_its_service_times_parent_and_links():
    sent = request()
    the_span(sent).links.add(trace_id=TRACE[::-1], span_id=PARENT)
    the_span(sent).status.code = 2
    [span] = read(sent.SerializeToString(), PROTOBUF, "").spans
    assert (span.service, span.name, span.kind, span.start, span.end, span.failed) == (
        "payments",
        "approve-claim",
        "server",
        1_000,
        3_000,
        True,
    )
    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE.hex(), SPAN.hex(), PARENT.hex())
    assert span.links == (LinkedTo(TRACE[::-1].hex(), PARENT.hex()),)


def test_each_link_that_our_services_send_is_read():
    """A span of many messages, or of a job, links to as many sources: without one of them a way falls apart."""
    sent = request()
    for number in range(1, LINKS + 2):
        the_span(sent).links.add(trace_id=number.to_bytes(16), span_id=PARENT)
    [span] = read(sent.SerializeToString(), PROTOBUF, "").spans
    assert [int(link.trace_id, 16) for link in span.links] == list(range(1, LINKS + 1))


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "deflate"])
def test_a_body_may_be_packed(encoding):
    data = request().SerializeToString()
    body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(data)
    assert len(read(body, PROTOBUF, encoding).spans) == 1


def test_json_is_read_with_its_hexadecimal_ids():
    span = {
        "traceId": TRACE.hex(),
        "spanId": SPAN.hex(),
        "name": "a",
        "startTimeUnixNano": "1000",
        "endTimeUnixNano": "2000",
        "unknown": 1,
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    [found] = read(body, f"{JSON}; charset=utf-8", "").spans
    assert (found.trace_id, found.span_id, found.parent_id, found.service) == (TRACE.hex(), SPAN.hex(), "", "unknown")


@pytest.mark.parametrize(
    ("body", "kind", "encoding"),
    [
        (b"not protobuf at all", PROTOBUF, ""),
        (b"{", JSON, ""),
        (b"[]", JSON, ""),
        (b"null", JSON, ""),
        (b'{"resourceSpans": 3}', JSON, ""),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 7}]}]}]}', JSON, ""),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}', JSON, ""),
        (b"[" * 50_000, JSON, ""),
        (b"", "text/plain", ""),
        (b"plain", PROTOBUF, "gzip"),
        (gzip.compress(b"x" * 5000, mtime=0)[:-9], PROTOBUF, "gzip"),
        (b"", PROTOBUF, "br"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(body, kind, encoding):
    with pytest.raises(BadTraces) as refused:
        read(body, kind, encoding)
    assert "body" in str(refused.value) or "must be" in str(refused.value) or "hexadecimal" in str(refused.value)


def test_a_body_that_unpacks_without_end_is_refused_before_it_does():
    bomb = gzip.compress(b"\0" * (otlp.LARGEST + 1))
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge):
        read(bomb, PROTOBUF, "gzip")


@pytest.mark.parametrize(
    "changes",
    [
        {"trace_id": b""},
        {"trace_id": bytes(16)},
        {"trace_id": TRACE[:-1]},
        {"span_id": bytes(8)},
        {"span_id": SPAN + b"x"},
        {"parent_span_id": b"abc"},
        {"start_time_unix_nano": 0},
        {"start_time_unix_nano": 2**63},
        {"end_time_unix_nano": 2**64 - 1},
    ],
)
def test_a_span_without_a_proper_id_or_time_is_counted_and_left_out(changes):
    sent = request(**changes)
    sent.resource_spans.extend(request().resource_spans)
    found = read(sent.SerializeToString(), PROTOBUF, "")
    assert (len(found.spans), found.refused) == (1, 1)


def test_a_span_that_ends_before_it_begins_ends_when_it_begins():
    [span] = read(request(end_time_unix_nano=5).SerializeToString(), PROTOBUF, "").spans
    assert span.end == span.start


def test_attributes_that_may_hold_what_someone_typed_are_not_kept():
    sent = request()
    for key, value in {
        "http.route": "/payments/claims/{claim_id}",
        "db.statement": "SELECT 'secret'",
        "db.query.text": "SELECT 'secret'",
        "exception.message": "secret",
        "url.query": "q=secret",
        "messaging.message.id": "m1",
    }.items():
        the_span(sent).attributes.add(key=key).value.string_value = value
    [span] = read(sent.SerializeToString(), PROTOBUF, "").spans
    assert span.attributes == {"http.route": "/payments/claims/{claim_id}", "messaging.message.id": "m1"}


def test_texts_are_cut_and_cleared_of_addresses_and_of_what_postgresql_cannot_hold():
    sent = request(name="x\0 sam@example.org " + "y" * 500)
    [span] = read(sent.SerializeToString(), PROTOBUF, "").spans
    assert "example.org" not in span.name
    assert "\0" not in span.name
    assert len(span.name) <= otlp.LONGEST_TEXT


def test_numbers_and_truths_keep_their_kind():
    sent = request()
    the_span(sent).attributes.add(key="http.response.status_code").value.int_value = 200
    the_span(sent).attributes.add(key="chorus.replayed").value.bool_value = True
    [span] = read(sent.SerializeToString(), PROTOBUF, "").spans
    assert span.attributes == {"http.response.status_code": 200, "chorus.replayed": True}


def test_the_answer_says_how_many_spans_were_refused():
    assert ExportTraceServiceResponse.FromString(otlp.accepted(3, PROTOBUF)).partial_success.rejected_spans == 3
    assert otlp.accepted(0, PROTOBUF) == b""
    assert json.loads(otlp.accepted(0, JSON)) == {}


def test_a_refusal_is_the_status_that_otlp_asks_for():
    status = status_pb2.Status.FromString(otlp.refusal(otlp.INVALID_ARGUMENT, "no", PROTOBUF))
    assert (status.code, status.message) == (3, "no")
    assert json.loads(otlp.refusal(otlp.UNAVAILABLE, "later", JSON)) == {"code": 14, "message": "later"}
