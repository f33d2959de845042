"""How spans are drawn: a chart for each trace, a bar for each span, under its parent. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from services.operators.otlp import Span
from services.operators.way import Way

COLOURS = ("#17494d", "#8a4b08", "#5c3a6e", "#2b5a1e", "#7a1f3d", "#1f4e79", "#5a4a1e")
WIDTH = 1000
"""The trace's whole time, in units of the chart's width."""
LEAST = 4
"""The width of the shortest bar, so that it can be seen."""
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bar:
    span: Span
    depth: int
    x: int
    width: int
    offset_ms: float
    milliseconds: float
    colour: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One trace. begun is in nanoseconds since 1970."""

    trace_id: str
    begun: int
    milliseconds: float
    bars: tuple[Bar, ...]
    continues: tuple[str, ...]
    """Other traces that its links lead back to."""


def charts(spans: Collection[Span]) -> list[Chart]:
    """A chart for each trace, the earliest first."""
    colours = _colours(span.service for span in spans)
    by_trace: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, span.span_id)):
        by_trace.setdefault(span.trace_id, []).append(span)
    return [_chart(trace_id, found, colours) for trace_id, found in by_trace.items()]


def belonging(spans: Collection[Span], way: Way) -> list[Span]:
    """The spans of this way: those of its steps, those that led to them, and the work inside them.

    Other people's claims may be part of the same traces; their spans are left out."""
    known = {(span.trace_id, span.span_id): span for span in spans}
    children: dict[_Key, list[Span]] = {}
    for span in spans:
        children.setdefault((span.trace_id, span.parent_id), []).append(span)
    kept: set[_Key] = set()
    above: set[_Key] = set()
    for step in way.steps:
        key = (step.trace_id, step.span_id)
        if key in known:
            kept |= _inside(key, children)
        while key in known and key not in above:
            above.add(key)
            key = (key[0], known[key].parent_id)
    return [span for span in spans if (span.trace_id, span.span_id) in kept | above]


def graphs(spans: Collection[Span]) -> int:
    """How many separate parts the spans form when joined by parents and links: one, if nothing was lost."""
    joined: dict[_Key, _Key] = {(span.trace_id, span.span_id): (span.trace_id, span.span_id) for span in spans}

    def root(key: _Key) -> _Key:
        while joined[key] != key:
            joined[key] = key = joined[joined[key]]
        return key

    for span in spans:
        own = (span.trace_id, span.span_id)
        for other in [(span.trace_id, span.parent_id), *((link.trace_id, link.span_id) for link in span.links)]:
            if other in joined:
                joined[root(own)] = root(other)
    return len({root(key) for key in joined})


def _inside(key: _Key, children: dict[_Key, list[Span]]) -> set[_Key]:
    """A span and the work inside it, up to where another service hears of it."""
    found: set[_Key] = set()
    waiting = [key]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [(child.trace_id, child.span_id) for child in children.get(key, ()) if child.kind != "consumer"]
    return found


def _chart(trace_id: str, spans: Sequence[Span], colours: dict[str, str]) -> Chart:
    begun, ended = min(span.start for span in spans), max(span.end for span in spans)
    whole = max(ended - begun, 1)
    bars = []
    for depth, span in _under_parents(spans):
        x = min((span.start - begun) * WIDTH // whole, WIDTH - LEAST)
        width = min(max(LEAST, (span.end - span.start) * WIDTH // whole), WIDTH - x)
        bars.append(
            Bar(span, depth, x, width, (span.start - begun) / 1e6, (span.end - span.start) / 1e6, colours[span.service])
        )
    continues = dict.fromkeys(link.trace_id for span in spans for link in span.links if link.trace_id != trace_id)
    return Chart(trace_id, begun, whole / 1e6, tuple(bars), tuple(continues))


def _under_parents(spans: Sequence[Span]) -> Iterable[tuple[int, Span]]:
    """Each span after its parent, with its depth. A span without a known parent has depth 0."""
    ids = {span.span_id for span in spans}
    children: dict[str, list[Span]] = {}
    for span in spans:
        children.setdefault(
            span.parent_id if span.parent_id in ids and span.parent_id != span.span_id else "", []
        ).append(span)
    waiting = [(0, span) for span in reversed(children.get("", []))]
    drawn: set[str] = set()
    while waiting:
        depth, span = waiting.pop()
        drawn.add(span.span_id)
        yield depth, span
        waiting += [(depth + 1, child) for child in reversed(children.get(span.span_id, []))]
    yield from ((0, span) for span in spans if span.span_id not in drawn)  # parents in a ring


def _colours(services: Iterable[str]) -> dict[str, str]:
    return {service: COLOURS[number % len(COLOURS)] for number, service in enumerate(sorted(set(services)))}
