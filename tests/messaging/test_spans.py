"""A message's span continues what it came from; many messages at once share one that links to each source."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from shared.events.notifications import MessageFailed
from shared.messaging.consumer import SPAN_EACH, StreamConsumer
from shared.messaging.handling import Consumers, Received
from shared.telemetry import tracer_provider


@pytest.fixture
def consumer() -> StreamConsumer:
    tracer = tracer_provider("payments", "test", "0").get_tracer("test")
    service: Any = SimpleNamespace(name="payments", database=None, tracer=tracer)
    return StreamConsumer(service, Consumers("payments"), "people")


def received(count: int) -> list[Received]:
    """Each of a trace of its own."""
    event: Any = SimpleNamespace(name=MessageFailed.name, subject=MessageFailed.subject)
    return [
        Received(uuid4(), event, {"traceparent": f"00-{number:032x}-{number:016x}-01"}, None)
        for number in range(1, count + 1)
    ]


def sources(span: Any) -> list[int]:
    return [link.context.span_id for link in span.links]


def test_each_of_a_few_messages_goes_on_with_the_trace_that_it_came_from(consumer: StreamConsumer):
    items = received(SPAN_EACH)
    with consumer._spans(items):
        assert [item.span.get_span_context().trace_id for item in items] == list(range(1, SPAN_EACH + 1))
        assert [sources(item.span) for item in items] == [[number] for number in range(1, SPAN_EACH + 1)]
    assert not any(item.span.is_recording() for item in items)


def test_many_messages_share_a_span_of_a_new_trace_that_links_to_every_source(consumer: StreamConsumer):
    items = received(500)
    with consumer._spans(items):
        (span,) = {item.span for item in items}
        assert span.get_span_context().trace_id > 500
        assert sources(span) == list(range(1, 501))
    assert not span.is_recording()
