"""No address holds anything about a person: what a query or a path may carry, in every template, route and service."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from deploy.local.instance import Instance
from deploy.provisioning.parts import package_of
from tests.architecture.test_access import PARTS, instance, routes_of

__all__ = ["instance"]

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for top in ("services", "shared", "deploy") for path in (ROOT / top).rglob("*.html"))
PAGES = sorted(path for top in ("services", "shared", "deploy") for path in (ROOT / top).rglob("*.py"))

MAY_CARRY = {
    "next": "where to go on: an address, for which all this holds",
    "back": "where Back leads: an address, for which all this holds",
    "after": "the key of a page, which may hold nothing about a person (shared.paging)",
    "before": "the number or id that a page begins before",
    "read": "the page where staff read what worries them: an address, for which all this holds",
    "search": "stands for what was posted (shared.web.searches)",
    "answer": "stands for a page that is held (shared.web.answers)",
    "way": "a way of paying",
    "change": "yes",
    "theme": "a heading of the public board, which anybody may read",
    "claim": "an id",
    "opportunity": "an id",
    "items": "ids",
    "about": "an id",
    "raised_after": "the key of a page",
    "raised_statements_after": "the key of a page",
    "received_after": "the key of a page",
    "received_statements_after": "the key of a page",
    "words_after": "the key of a page",
    "replayed_too": "yes or no",
    "all": "yes or no",
    "due": "a moment, part of the key of a page",
}
"""The questions that an address of ours may ask, and why none of them is about a person."""

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_ASKS = re.compile(
    r"(?<!post_)\b(?:text_input|money_input|textarea|date_input|select|file_upload|govuk\.\w*(?:input|textarea|select|file_upload))\s*\(|<textarea|<select"
)
_INPUT = re.compile(r"<input\b[^>]*>")
_TICKED = re.compile(r"""\btype=["'](?:checkbox|radio|hidden|submit)["']""")
_QUESTION = re.compile(r"[?&]([A-Za-z_]+)=")
_ENCODED = re.compile(r"\{([^{}]*)\}\s*\|\s*urlencode")
_KEY = re.compile(r"""["'](\w+)["']\s*:""")


def asked_in_address(html: str) -> Iterator[str]:
    """What is wrong with a template: forms sent in an address that let somebody write, or ask what no address may; and
    such links."""
    for attributes, body in _FORM.findall(html):
        if re.search(r"""method=["']post["']""", attributes):
            continue
        if _ASKS.search(body) or any(not _TICKED.search(each) for each in _INPUT.findall(body)):
            yield "a form without method=post has something to write in"
        yield from (
            f"a form asks ?{name}=" for name in re.findall(r"""\bname=["'](\w+)["']""", body) if name not in MAY_CARRY
        )
    written = _QUESTION.findall(html) + [key for each in _ENCODED.findall(html) for key in _KEY.findall(each)]
    yield from (f"?{name}=" for name in written if name not in MAY_CARRY)


def test_no_form_or_link_of_any_page_puts_a_name_an_address_or_a_number_into_the_address():
    assert len(TEMPLATES) > 100
    faults = [
        f"{path.relative_to(ROOT)}: {fault}" for path in TEMPLATES for fault in asked_in_address(path.read_text())
    ]
    assert faults == []


@pytest.mark.parametrize(
    "html",
    [
        '<form method="get" action="/people/staff/people">{{ text_input("name", "Find someone") }}</form>',
        '<form action="/x"><textarea name="about"></textarea></form>',
        '<form action="/x"><input name="items"></form>',
        '<form action="/x"><input type="hidden" name="email" value="{{ email }}"></form>',
        '<a href="/people/staff/people?name={{ name }}">More</a>',
        '<a href="/x?{{ {"phone": phone, "after": after} | urlencode }}">More</a>',
    ],
)
def test_a_page_that_forgets_it_is_seen(html: str):
    assert list(asked_in_address(html))


def questions_of(app: FastAPI) -> Iterator[tuple[str, Any]]:
    """(name, type) of what the routes read from an address's query."""
    for route in routes_of(app):
        effective: Any = route
        waiting = [effective._effective_route.dependant]
        while waiting:
            dependant = waiting.pop()
            waiting += dependant.dependencies
            yield from ((each.name, each.field_info.annotation) for each in dependant.query_params)


@pytest.mark.parametrize("part", PARTS)
def test_no_route_reads_from_its_address_what_may_be_about_a_person(part: str, instance: Instance):
    module: Any = import_module(f"{package_of(part)}.app")
    app = module.create_app(module.Settings.load(instance.env_file(part)))
    harmless: tuple[Any, ...] = (UUID, bool, int, list[UUID], UUID | None)
    assert {name for name, kind in questions_of(app) if kind not in harmless} <= set(MAY_CARRY)


def test_no_code_reads_such_a_question_or_sends_a_browser_to_one():
    faults = []
    for path in PAGES:
        text = path.read_text()
        asked = (
            {
                name
                for each in ast.walk(ast.parse(text))
                if isinstance(each, ast.Call)
                for name in _read_from_query(each)
            }
            if "query_params" in text
            else set()
        )
        sent = set(re.findall(r"""["'/][?&]([a-z_]+)=\{""", text)) | set(re.findall(r"/[a-z-]+\?([a-z_]+)=\{", text))
        faults += [
            f"{path.relative_to(ROOT)}: {name}"
            for name in (asked | sent) - set(MAY_CARRY)
            if "deploy" not in path.parts
        ]
    assert faults == []


def _read_from_query(call: ast.Call) -> list[Any]:
    """`request.query_params.get("name")`, with a word for the name."""
    function = call.func
    of_query = (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Attribute)
        and function.value.attr == "query_params"
    )
    return [each.value for each in call.args[:1] if isinstance(each, ast.Constant)] if of_query else []
