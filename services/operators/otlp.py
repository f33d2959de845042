"""Reads what an OpenTelemetry exporter sends: OTLP/HTTP traces, protobuf or JSON. Pure; it limits the size and what is
kept."""

import base64
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from shared.foreign import json_in
from shared.telemetry import LINKS, redact_text

PROTOBUF, JSON = "application/x-protobuf", "application/json"
LARGEST = 16 * 1024 * 1024
"""Bytes of one request, unpacked."""
LONGEST_TEXT = 200
MOST_ATTRIBUTES = 24
_LATEST = 2**63 - 1
_KEPT = ("http.", "url.path", "url.route", "messaging.", "db.", "rpc.", "error.type", "chorus.", "server.", "code.")
"""Prefixes of the attributes to keep. Any other may hold what a person typed."""
_DROPPED = (
    "db.statement",
    "db.query.text",
    "db.query.parameter",
    "http.request.header",
    "http.response.header",
    "http.target",
    "http.url",
)
_KINDS = ("", "internal", "server", "client", "producer", "consumer")

INVALID_ARGUMENT, UNAUTHENTICATED, UNAVAILABLE = 3, 16, 14
"""google.rpc.Code, which the body of an OTLP error holds."""


class BadTraces(ValueError):
    """This cannot be read, and sending it again will not help. The text says what is wrong and quotes nothing that was
    sent."""


class TooLarge(BadTraces):
    """More than LARGEST."""


@dataclass(frozen=True, slots=True)
class LinkedTo:
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Span:
    """One span; times are nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    kind: str
    start: int
    end: int
    failed: bool
    attributes: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    links: tuple[LinkedTo, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    spans: list[Span]
    refused: int
    """How many spans had no proper id or time. The others are kept."""


def read(body: bytes, content_type: str, encoding: str) -> Read:
    """The spans of one export request. Raises BadTraces."""
    kind = content_type.partition(";")[0].strip().lower()
    data = _unpacked(body, encoding.strip().lower())
    if kind == PROTOBUF:
        request = _from_protobuf(data)
    elif kind == JSON:
        request = _from_json(data)
    else:
        raise BadTraces("the content type must be application/x-protobuf or application/json")
    spans, refused = [], 0
    for service, sent in _each(request):
        span = _span(service, sent)
        if span is None:
            refused += 1
        else:
            spans.append(span)
    return Read(spans, refused)


def accepted(refused: int, content_type: str) -> bytes:
    """The answer to an accepted request; it says how many of its spans were refused."""
    answer = ExportTraceServiceResponse()
    if refused:
        answer.partial_success.rejected_spans = refused
        answer.partial_success.error_message = "some spans had no proper id or time"
    return _encoded(answer, content_type)


def refusal(code: int, message: str, content_type: str) -> bytes:
    """The google.rpc.Status that OTLP asks for in the body of an error."""
    return _encoded(status_pb2.Status(code=code, message=message), content_type)


def answer_type(content_type: str) -> str:
    return JSON if content_type.partition(";")[0].strip().lower() == JSON else PROTOBUF


def _encoded(message: Any, content_type: str) -> bytes:
    if answer_type(content_type) == JSON:
        return json_format.MessageToJson(message).encode()
    return message.SerializeToString()


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        data = body
    elif encoding in ("gzip", "deflate"):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            data = unpacker.decompress(body, LARGEST + 1)
        except zlib.error:
            raise BadTraces(f"the body is not {encoding}") from None
        if not unpacker.eof and len(data) <= LARGEST:
            raise BadTraces(f"the body ends before its {encoding} does")
    else:
        raise BadTraces("the content encoding must be gzip, deflate or none")
    if len(data) > LARGEST:
        raise TooLarge(f"the body unpacks to more than {LARGEST} bytes")
    return data


def _from_protobuf(data: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(data)
    except DecodeError:
        raise BadTraces("the body is not an ExportTraceServiceRequest") from None


def _from_json(data: bytes) -> ExportTraceServiceRequest:
    try:
        sent = json_in(data)
        if not isinstance(sent, dict):
            raise BadTraces("not an object")
        return json_format.ParseDict(_ids_in_base64(sent), ExportTraceServiceRequest(), ignore_unknown_fields=True)
    except (ValueError, RecursionError, json_format.ParseError, TypeError, AttributeError):
        raise BadTraces("the body is not an ExportTraceServiceRequest in JSON") from None


def _ids_in_base64(value: Any) -> Any:
    """OTLP writes ids in hexadecimal where protobuf's JSON has base64."""
    if isinstance(value, list):
        return [_ids_in_base64(item) for item in value]
    if isinstance(value, dict):
        return {
            key: _base64_of(item) if key in ("traceId", "spanId", "parentSpanId") else _ids_in_base64(item)
            for key, item in value.items()
        }
    return value


def _base64_of(text: Any) -> str:
    try:
        return base64.b64encode(bytes.fromhex(text)).decode()
    except (ValueError, TypeError):
        raise BadTraces("an id is not hexadecimal") from None


def _each(request: ExportTraceServiceRequest) -> Iterator[tuple[str, trace_pb2.Span]]:
    for resource in request.resource_spans:
        service = next(
            (str(_value(item)) for item in resource.resource.attributes if item.key == "service.name"), "unknown"
        )
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _text(service), span


def _span(service: str, sent: trace_pb2.Span) -> Span | None:
    if len(sent.trace_id) != 16 or len(sent.span_id) != 8 or not any(sent.trace_id) or not any(sent.span_id):
        return None
    if (
        len(sent.parent_span_id) not in (0, 8)
        or not 0 < sent.start_time_unix_nano <= _LATEST
        or sent.end_time_unix_nano > _LATEST
    ):
        return None
    return Span(
        trace_id=sent.trace_id.hex(),
        span_id=sent.span_id.hex(),
        parent_id=sent.parent_span_id.hex() if any(sent.parent_span_id) else "",
        service=service,
        name=_text(sent.name) or "unnamed",
        kind=_KINDS[sent.kind] if 0 <= sent.kind < len(_KINDS) else "",
        start=sent.start_time_unix_nano,
        end=max(sent.end_time_unix_nano, sent.start_time_unix_nano),
        failed=sent.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes=_attributes(sent.attributes),
        links=tuple(
            LinkedTo(link.trace_id.hex(), link.span_id.hex())
            for link in sent.links[:LINKS]
            if any(link.trace_id) and any(link.span_id)
        ),
    )


def _attributes(sent: Iterable[KeyValue]) -> dict[str, Any]:
    kept = (
        (_text(item.key), _value(item))
        for item in sent
        if item.key.startswith(_KEPT) and not item.key.startswith(_DROPPED)
    )
    return dict(list(kept)[:MOST_ATTRIBUTES])


def _value(item: KeyValue) -> Any:
    which = item.value.WhichOneof("value")
    if which in ("bool_value", "int_value"):
        return getattr(item.value, which)
    return _text(str(getattr(item.value, which))) if which in ("string_value", "double_value") else ""


def _text(text: str) -> str:
    """Shortened, without what PostgreSQL cannot hold, and without what looks like somebody's address or number."""
    return redact_text(text[:LONGEST_TEXT].replace("\x00", ""))
