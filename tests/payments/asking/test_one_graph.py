"""What tells of a claim that waits follows what was done about it: the claim's way stays one graph."""

from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.payments.asking.use_cases import tell
from shared.db import SYSTEM, Command, Database
from tests.payments.support import World, person

JOB = "tell-what-waits"


@pytest.fixture
def received() -> InMemorySpanExporter:
    return InMemorySpanExporter()


async def test_the_job_is_linked_to_what_it_follows_though_nobody_told_it_of_the_commit(
    world: World, received: InMemorySpanExporter
) -> None:
    """It may look between a commit and the word of it, or begin anew after a crash between the two, or another process
    may have committed: then there is never a word."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(received))
    world.database.tracer = provider.get_tracer("test")
    elsewhere = Database(world.database.url, world.clock, world.database.tracer)
    claims = [await world.submitted(person()) for _ in range(3)]
    assert not world.database.after_commit
    last = {await last_span(world, claim_id) for claim_id in claims}
    assert len(last) == len(claims)
    await elsewhere.run(Command(JOB, SYSTEM), tell)
    await elsewhere.close()
    assert {each["about"] for each in await world.events("money-waits")} == {str(each) for each in claims}
    assert last <= {f"{link.context.span_id:016x}" for link in job_of(received).links}


def job_of(received: InMemorySpanExporter) -> ReadableSpan:
    [job] = [span for span in received.get_finished_spans() if span.name == JOB]
    return job


async def last_span(world: World, claim_id: UUID) -> str:
    """In which something was last written down about it."""
    return await world.value("SELECT span_id FROM steps WHERE about = :id ORDER BY at DESC LIMIT 1", id=claim_id)
