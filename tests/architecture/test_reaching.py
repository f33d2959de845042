"""Wherever a page shows how to reach somebody, the number rings and the address writes (`reachable`, `linked`)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes

from shared.web.templating import environment

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for top in ("services", "shared") for path in (ROOT / top).rglob("*.html"))
PARSER = environment(ROOT / "services/people/templates")

HOLDS_HOW_TO_REACH = {"duty_number", "contact_how", "email", "phone", "number.number", "reach", "old_value", "joining"}
"""Names whose values are a number, an address, or words that hold one."""

HANDED_ON = {
    "checkbox",
    "needs_fields",
    "on_the_day",
    "question",
    "radios",
    "read_by_us",
    "session_fields",
    "text_input",
    "textarea",
    "whom_to_ask",
}
"""Macros that take such a value as what stands in a field, or to show it themselves."""

NOT_LINKED = {
    "people/templates/staff/list-questions.html": "two people of a list are compared, inside the words of an answer",
}


def shown_bare(source: str) -> Iterator[str]:
    """Names of what holds a way to reach somebody, shown without the filter."""
    tree: Any = PARSER.parse(source)
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            yield from _bare(node)


def _bare(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Filter(name="reachable" | "linked"):
            return
        case nodes.Call(node=nodes.Name(name=name)) if name in HANDED_ON:
            return
        case nodes.Compare() | nodes.Test() | nodes.Output():
            return
        case nodes.CondExpr():
            yield from _bare(node.expr1)
            yield from _bare(node.expr2) if node.expr2 else ()
        case nodes.Getattr(node=nodes.Name(name=of), attr=attr) if {attr, f"{of}.{attr}"} & HOLDS_HOW_TO_REACH:
            yield f"{of}.{attr}"
        case nodes.Name(name=name) if name in HOLDS_HOW_TO_REACH:
            yield name
        case _:
            for child in node.iter_child_nodes():
                yield from _bare(child)


def test_every_number_and_address_that_a_page_shows_is_a_link():
    found = {
        str(path.relative_to(ROOT / "services")) if "services" in path.parts else path.name: path for path in TEMPLATES
    }
    assert len(found) > 150
    bare = {name: sorted(set(shown_bare(path.read_text()))) for name, path in found.items() if name not in NOT_LINKED}
    assert {name: each for name, each in bare.items() if each} == {}


def test_a_number_written_in_a_page_is_a_link():
    linked_or_computed = re.compile(r"<a\b.*?</a>|\{[{%#].*?[}%#]\}", re.S)
    number = re.compile(r"\b0\d{2,4} \d{3}")
    assert [path.name for path in TEMPLATES if number.search(linked_or_computed.sub("", path.read_text()))] == []


def test_links_are_made_by_the_filter_and_not_by_hand():
    by_hand = re.compile(r'href="(?:tel|mailto):\{')
    assert [str(path) for path in TEMPLATES if by_hand.search(path.read_text())] == []


@pytest.mark.parametrize(
    "said",
    [
        "Ring us on {{ duty_number }}.",
        "Ring us{{ ' on ' ~ duty_number if duty_number }}",
        '{{ summary([("Phone", person.phone or "None")]) }}',
        "{% if email %}<p>{{ email }}</p>{% endif %}",
        "Ring <strong>{{ number.number }}</strong>",
    ],
)
def test_a_number_that_is_no_link_is_seen(said: str):
    assert list(shown_bare(said))


def test_a_number_that_is_a_link_or_stands_in_a_field_is_none():
    said = '{{ duty_number | reachable }}{{ text_input("reach", "Reach", value=question.reach) }}'
    assert list(shown_bare(said + '{{ "by email" if each.channel == "email" else email | reachable }}')) == []
