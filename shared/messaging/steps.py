"""What was done, by whom, for whom, when and why: immutable rows, and this service's part of a claim's way.

Three kinds of row record it: commands and changes (steps), events published (outbox), events received (inbox). Each
names what caused it, so that the parts of all services can be joined whatever crashed in between.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.trace import SpanContext, TraceFlags
from sqlalchemy import text

from shared.db import Transaction, actor_values, new_id, span_ids
from shared.telemetry import LINKS

_ADD = text(
    "INSERT INTO steps (id, kind, what, about, caused_by, actor_kind, actor_id, acting_for, business_at, trace_id, "
    "span_id, facts)"
    " VALUES (:id, 'change', :what, :about, :caused_by, :actor_kind, :actor_id, :acting_for, :business_at, :trace_id, "
    ":span_id, CAST(:facts AS jsonb))"
)

_ADD_ALL = text(
    "INSERT INTO steps (id, kind, what, about, caused_by, actor_kind, actor_id, acting_for, business_at, trace_id, "
    "span_id, facts)"
    " SELECT id, 'change', :what, about, :caused_by, :actor_kind, :actor_id, :acting_for, :business_at, :trace_id, "
    ":span_id, CAST(facts AS jsonb)"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:abouts AS uuid[]), CAST(:facts AS text[])) WITH ORDINALITY AS added "
    "(id, about, facts, number) ORDER BY number"
)

_LAST_SPANS = text(
    "SELECT DISTINCT last.trace_id, last.span_id FROM unnest(CAST(:abouts AS uuid[])) AS asked (about) CROSS JOIN "
    "LATERAL ("
    "SELECT trace_id, span_id FROM steps WHERE steps.about = asked.about AND trace_id IS NOT NULL AND trace_id <> "
    ":trace_id ORDER BY at DESC LIMIT 1) AS last"
)

_ALL = """
SELECT * FROM (
    SELECT id, kind, what, about, caused_by, actor_kind, actor_id, acting_for, at, business_at, trace_id, span_id,
           facts - 'answer' AS facts, NULL AS published_at
      FROM steps
    UNION ALL
    SELECT event_id, 'event-published', subject, aggregate_id, caused_by, 'system', NULL, NULL, occurred_at,
      business_at,
           split_part(traceparent, '-', 2), split_part(traceparent, '-', 3), '{}'::jsonb, published_at
      FROM outbox
    UNION ALL
    SELECT event_id, 'event-received', subject, aggregate_id, event_id, 'system', NULL, NULL, received_at, NULL,
      trace_id, span_id,
           jsonb_build_object('consumer', consumer), NULL
      FROM inbox
) AS step
"""
_FIND = text(
    _ALL + "WHERE id = ANY(:ids) OR caused_by = ANY(:caused_by) OR about = ANY(:about) ORDER BY at, id LIMIT :most"
)
MOST_FOUND = 5000


async def add(
    tx: Transaction, what: str, *, about: UUID | None = None, caused_by: UUID | None = None, **facts: Any
) -> UUID:
    """Writes one step; returns its id. facts are ids, states, counts and pence: never a name, a contact, a need or
    free text."""
    step_id = new_id()
    tx.recorded = True
    if about is not None:
        await link_to_the_last(tx, [about])
    await tx.execute(
        _ADD,
        {
            "id": step_id,
            "what": what,
            "about": about,
            "caused_by": caused_by or tx.cause,
            **actor_values(tx.actor),
            "business_at": tx.now,
            "facts": json.dumps(facts, default=str),
            **span_ids(),
        },
    )
    return step_id


async def add_all(tx: Transaction, what: str, steps: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Writes one step for each (about, facts), in this order, in one statement, for changes to thousands of things.

    The span links to whatever last changed each of them, for the first LINKS of them.
    """
    if not steps:
        return
    tx.recorded = True
    await link_to_the_last(tx, [about for about, _ in steps])
    await tx.execute(
        _ADD_ALL,
        {
            "ids": [new_id() for _ in steps],
            "abouts": [about for about, _ in steps],
            "facts": [json.dumps(facts, default=str) for _, facts in steps],
            "what": what,
            "caused_by": tx.cause,
            **actor_values(tx.actor),
            "business_at": tx.now,
            **span_ids(),
        },
    )


async def link_to_the_last(tx: Transaction, abouts: Sequence[UUID]) -> None:
    """An approval days later is a trace of its own, so its span links to the last one that concerned the same thing:
    for the first LINKS of them. That is read from the rows that were committed with what is followed, so whoever sees
    the one sees the other, whatever process did it."""
    span = trace.get_current_span()
    own = span.get_span_context()
    if not own.is_valid:
        return
    for last in await tx.all(_LAST_SPANS, {"abouts": list(abouts[:LINKS]), "trace_id": f"{own.trace_id:032x}"}):
        span.add_link(
            SpanContext(
                int(last.trace_id, 16),
                int(last.span_id, 16),
                is_remote=True,
                trace_flags=TraceFlags(TraceFlags.SAMPLED),
            )
        )


async def find(
    tx: Transaction, *, ids: Collection[UUID] = (), caused_by: Collection[UUID] = (), about: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """The steps whose id is in ids, whose cause is in caused_by, or whose subject is in about; oldest first; one
    more than MOST_FOUND if there are more."""
    rows = await tx.all(
        _FIND, {"ids": list(ids), "caused_by": list(caused_by), "about": list(about), "most": MOST_FOUND + 1}
    )
    return [dict(row._mapping) for row in rows]
