"""Spans and their links in PostgreSQL: kept for a limited time and number, and found by the traces of a claim's way."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKeyConstraint, Index, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from services.operators.otlp import LinkedTo, Span
from shared.db import Transaction, metadata

tables = metadata()

spans = Table(
    "spans",
    tables,
    Column("trace_id", Text, primary_key=True),
    Column("span_id", Text, primary_key=True),
    Column("parent_id", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("attributes", JSONB, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("ix_spans_received_at", "received_at"),
)

span_links = Table(
    "span_links",
    tables,
    Column("trace_id", Text, primary_key=True),
    Column("span_id", Text, primary_key=True),
    Column("to_trace_id", Text, primary_key=True),
    Column("to_span_id", Text, primary_key=True),
    ForeignKeyConstraint(
        ["trace_id", "span_id"], ["spans.trace_id", "spans.span_id"], ondelete="CASCADE", name="fk_span_links_spans"
    ),
    Index("ix_span_links_to", "to_trace_id"),
)

_ADD = text(
    "INSERT INTO spans (trace_id, span_id, parent_id, service, name, kind, started, ended, failed, attributes)"
    " SELECT * FROM unnest(CAST(:trace_id AS text[]), CAST(:span_id AS text[]), CAST(:parent_id AS text[]), "
    "CAST(:service AS text[]),"
    " CAST(:name AS text[]), CAST(:kind AS text[]), CAST(:started AS bigint[]), CAST(:ended AS bigint[]), "
    "CAST(:failed AS boolean[]),"
    " CAST(:attributes AS jsonb[])) ON CONFLICT DO NOTHING"
)
_LINK = text(
    "INSERT INTO span_links (trace_id, span_id, to_trace_id, to_span_id)"
    " SELECT * FROM unnest(CAST(:trace_id AS text[]), CAST(:span_id AS text[]), CAST(:to_trace_id AS text[]), "
    "CAST(:to_span_id AS text[]))"
    " ON CONFLICT DO NOTHING"
)
_FIND = text(
    "SELECT s.*, coalesce((SELECT jsonb_agg(jsonb_build_array(l.to_trace_id, l.to_span_id)) FROM span_links l"
    " WHERE l.trace_id = s.trace_id AND l.span_id = s.span_id), '[]'::jsonb) AS links"
    " FROM spans s WHERE s.trace_id = ANY(:trace_ids) ORDER BY s.started, s.span_id LIMIT :most"
)
_FORGET_OLD = text("DELETE FROM spans WHERE received_at < clock_timestamp() - make_interval(days => :days)")
_FORGET_MORE = text(
    "DELETE FROM spans WHERE received_at <= (SELECT received_at FROM spans ORDER BY received_at DESC OFFSET :most "
    "LIMIT 1)"
)
MOST_SHOWN = 5_000


async def add(tx: Transaction, received: Collection[Span]) -> None:
    """Keeps spans and links. One that is already there stays as it is: exporters send again if an answer was lost."""
    if not received:
        return
    await tx.execute(
        _ADD,
        {
            "trace_id": [span.trace_id for span in received],
            "span_id": [span.span_id for span in received],
            "parent_id": [span.parent_id for span in received],
            "service": [span.service for span in received],
            "name": [span.name for span in received],
            "kind": [span.kind for span in received],
            "started": [span.start for span in received],
            "ended": [span.end for span in received],
            "failed": [span.failed for span in received],
            "attributes": [json.dumps(span.attributes) for span in received],
        },
    )
    links = [(span, link) for span in received for link in span.links]
    if links:
        await tx.execute(
            _LINK,
            {
                "trace_id": [span.trace_id for span, _ in links],
                "span_id": [span.span_id for span, _ in links],
                "to_trace_id": [link.trace_id for _, link in links],
                "to_span_id": [link.span_id for _, link in links],
            },
        )


async def of_traces(tx: Transaction, trace_ids: Collection[str]) -> list[Span]:
    """The spans of these traces, oldest first; one more than MOST_SHOWN if there are more."""
    rows = await tx.all(_FIND, {"trace_ids": sorted(trace_ids), "most": MOST_SHOWN + 1})
    return [
        Span(
            trace_id=row.trace_id,
            span_id=row.span_id,
            parent_id=row.parent_id,
            service=row.service,
            name=row.name,
            kind=row.kind,
            start=row.started,
            end=row.ended,
            failed=row.failed,
            attributes=row.attributes,
            links=tuple(LinkedTo(*link) for link in row.links),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Retention:
    days: int
    most: int

    async def forget(self, tx: Transaction) -> None:
        """Deletes what is too old, then the oldest of what is too many."""
        await tx.execute(_FORGET_OLD, {"days": self.days})
        await tx.execute(_FORGET_MORE, {"most": self.most})
