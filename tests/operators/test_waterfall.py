"""Which spans belong to a way, how they hang together, and how they are drawn."""

from datetime import UTC, datetime
from uuid import UUID

from services.operators.otlp import LinkedTo, Span
from services.operators.waterfall import LEAST, WIDTH, belonging, charts, graphs
from services.operators.way import Step, Way

A, B = "a" * 32, "b" * 32


def span(
    span_id: str,
    parent: str = "",
    *,
    trace: str = A,
    start: int = 0,
    end: int = 1_000_000,
    kind: str = "internal",
    links=(),
    service="payments",
) -> Span:
    return Span(
        trace, span_id, parent, service, span_id, kind, start, end, False, {}, tuple(LinkedTo(*link) for link in links)
    )


def way_through(*places: tuple[str, str]) -> Way:
    steps = [
        Step(UUID(int=number), "payments", "change", "x", datetime.now(UTC), trace_id=trace, span_id=one)
        for number, (trace, one) in enumerate(places)
    ]
    return Way(tuple(steps))


def ids(spans) -> set[str]:
    return {one.span_id for one in spans}


def test_the_work_inside_a_step_and_what_led_to_it_belong_to_the_way():
    found = [span("request"), span("command", "request"), span("query", "command"), span("read the page", "request")]
    assert ids(belonging(found, way_through((A, "command")))) == {"request", "command", "query"}


def test_where_another_claim_was_heard_of_does_not_belong_to_the_way():
    found = [
        span("run"),
        span("ours", "run", kind="consumer"),
        span("our query", "ours"),
        span("the other's", "run", kind="consumer"),
        span("the other's query", "the other's"),
    ]
    assert ids(belonging(found, way_through((A, "run"), (A, "ours")))) == {"run", "ours", "our query"}


def test_a_step_without_a_received_span_adds_none():
    assert belonging([span("request")], way_through((A, "lost"), (B, "request"))) == []


def test_parents_in_a_ring_end():
    found = [span("hen", "egg"), span("egg", "hen")]
    assert ids(belonging(found, way_through((A, "hen")))) == {"hen", "egg"}
    assert len(charts(found)[0].bars) == 2


def test_parents_and_links_join_spans_to_one_graph():
    found = [
        span("one"),
        span("two", "one"),
        span("three", trace=B, links=[(A, "two")]),
        span("four", "three", trace=B),
    ]
    assert graphs(found) == 1
    assert graphs([*found, span("alone", trace=B)]) == 2
    assert graphs([span("child of a lost one", "lost")]) == 1
    assert graphs([]) == 0


def test_a_chart_is_a_trace_and_the_earliest_comes_first():
    found = [
        span("late", trace=B, start=50),
        span("early", start=5),
        span("later", trace=B, start=70, links=[(A, "early")]),
    ]
    drawn = charts(found)
    assert [chart.trace_id for chart in drawn] == [A, B]
    assert drawn[1].continues == (A,)
    assert drawn[0].continues == ()


def test_bars_stand_under_their_parents_in_order_of_time():
    found = [
        span("b", "root", start=20),
        span("a", "root", start=10),
        span("inside a", "a", start=11),
        span("root", start=0),
    ]
    assert [(bar.span.span_id, bar.depth) for bar in charts(found)[0].bars] == [
        ("root", 0),
        ("a", 1),
        ("inside a", 2),
        ("b", 1),
    ]


def test_bars_share_the_width_by_time_and_the_shortest_can_be_seen():
    found = [
        span("whole", start=1_000_000, end=11_000_000),
        span("half", "whole", start=6_000_000, end=11_000_000),
        span("moment", "whole", start=11_000_000, end=11_000_000),
    ]
    whole, half, moment = charts(found)[0].bars
    assert (whole.x, whole.width, whole.milliseconds) == (0, WIDTH, 10.0)
    assert (half.x, half.width, half.offset_ms, half.milliseconds) == (WIDTH // 2, WIDTH // 2, 5.0, 5.0)
    assert (moment.x, moment.width) == (WIDTH - LEAST, LEAST)


def test_a_trace_of_no_length_is_drawn():
    [bar] = charts([span("moment", start=5, end=5)])[0].bars
    assert bar.x + bar.width <= WIDTH


def test_each_service_has_a_colour_of_its_own():
    found = [span("one"), span("two", service="people"), span("three", trace=B)]
    colours = {bar.span.span_id: bar.colour for chart in charts(found) for bar in chart.bars}
    assert colours["one"] == colours["three"] != colours["two"]
