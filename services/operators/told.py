"""A claim's way in words for the page and the command line, and as JSON for programs."""

import re
from collections.abc import Collection
from typing import Any
from uuid import UUID

from services.operators.otlp import Span
from services.operators.waterfall import belonging, graphs
from services.operators.way import Step, Way

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS = {"command": "asked for", "change": "done", "event-published": "told the others", "event-received": "heard"}


def kind_of(step: Step) -> str:
    return _KINDS.get(step.kind, step.kind)


def who_did(step: Step) -> str:
    """Who did it, by id: names are not the operator's to see."""
    who = {"system": "the system", "operator": "an operator", "guest": "a guest", "person": "person"}.get(
        step.actor_kind, step.actor_kind
    )
    if step.actor_id is not None:
        who += f" {short(step.actor_id)}"
    return f"{who}, for {short(step.acting_for)}" if step.acting_for else who


def short(one: UUID | None) -> str:
    """The end of an id, which tells apart two of the same moment; "" for none."""
    return str(one)[-12:] if one else ""


def cause_of(step: Step, way: Way) -> str:
    """What caused it, in words."""
    if step.caused_by is None:
        return "the beginning"
    causes = [
        other for other in way.steps if other.id == step.caused_by and other.key != step.key and not other.is_receipt
    ]
    if not causes:
        return "not found"
    return name_of(causes[0]) if causes[0].service == step.service else f"{causes[0].service}: {name_of(causes[0])}"


def name_of(step: Step) -> str:
    """ "payments.claim-paid.v1" becomes "claim-paid": the service is shown beside it."""
    return step.what.split(".")[1] if step.kind.startswith("event-") and step.what.count(".") == 2 else step.what


def facts_of(step: Step) -> str:
    """Ids are shown by their ends; the JSON has them whole."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_UUID.sub(_end, str(value))}"
        for name, value in step.facts.items()
        if value not in (None, "")
    )


def _end(found: re.Match[str]) -> str:
    return found[0][-12:]


def step_as_json(step: Step) -> dict[str, Any]:
    return {
        "id": str(step.id),
        "service": step.service,
        "kind": step.kind,
        "what": step.what,
        "about": step.about and str(step.about),
        "caused_by": step.caused_by and str(step.caused_by),
        "actor_kind": step.actor_kind,
        "actor_id": step.actor_id and str(step.actor_id),
        "acting_for": step.acting_for and str(step.acting_for),
        "at": step.at.isoformat(),
        "business_at": step.business_at and step.business_at.isoformat(),
        "trace_id": step.trace_id or None,
        "span_id": step.span_id or None,
        "facts": step.facts,
    }


def way_as_json(claim_id: UUID, way: Way, spans: Collection[Span] | None = None) -> dict[str, Any]:
    """spans: all that were received of the way's traces; None if nobody asked for them."""
    told: dict[str, Any] = {
        "claim": str(claim_id),
        "whole": way.whole,
        "problems": list(way.problems()),
        "silent": list(way.silent),
        "steps": [step_as_json(step) for step in way.steps],
    }
    if spans is not None:
        own = belonging(spans, way)
        told["spans"] = {"received": len(own), "graphs": graphs(own), "traces": sorted({span.trace_id for span in own})}
    return told
