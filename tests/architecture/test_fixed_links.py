"""Every address of ours that a template, a mail or a rule writes out is one that a service answers."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local.instance import Instance
from deploy.provisioning.parts import package_of
from services.notifications.domain.task_rules import TASKS
from tests.architecture.test_access import PARTS, instance, routes_of

__all__ = ["instance"]

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    path for top in ("services", "shared") for ending in ("html", "j2") for path in (ROOT / top).rglob(f"*.{ending}")
)
CODE = sorted(path for top in ("services", "shared") for path in (ROOT / top).rglob("*.py"))
Route = tuple[str, frozenset[str]]
"""Its path, each part that takes an id alone as {id:uuid}; and its methods."""

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_JOINED = re.compile(r'"\s*~[^"\n]*?~\s*"')
_JOINED_TO_A_NAME = re.compile(r'[\w.)\]]+\s*~\s*"')
_JOINED_LAST = re.compile(r'"\s*~\s*[\w.]+(?:\s*\|\s*\w+)*')
_ATTRIBUTE = re.compile(r"""\b(href|action)=["'](/[^"'\s]*)["']""")
_SAID_TO_A_MACRO = re.compile(r"""(back_link\()?["'](/(?:[a-z*][^"'\s<>]*)?)["']""")
_IN_MAIL = re.compile(r"^\s*\**=> (/\S*) ", re.MULTILINE)
_SENT_TO = re.compile(r"""\bredirect\(\s*f?["'](/[^"']*)["'](?!, keep_method)""")


def addresses_in(text: str) -> Iterator[tuple[str, bool]]:
    """(address, whether it is opened and not sent to), with * for what is only known when the page is made."""
    text = _COMMENT.sub("", text)
    for found in _EXPRESSION.finditer(text):
        said = _JOINED_LAST.sub('*"', _JOINED_TO_A_NAME.sub('"*', _JOINED.sub("*", found[1] or found[2] or "")))
        yield from ((address, bool(opens)) for opens, address in _SAID_TO_A_MACRO.findall(said))
    filled = _EXPRESSION.sub("*", text)
    yield from ((address, what == "href") for what, address in _ATTRIBUTE.findall(filled))
    yield from ((address, True) for address in _IN_MAIL.findall(filled))


def is_answered(address: str, routes: set[Route], *, opened: bool) -> bool:
    path = re.split(r"[?#]", address)[0]
    return any(
        _leads_to(path, route) for route, methods in routes if not opened or "GET" in methods
    ) or path.startswith("/static/")


def _leads_to(path: str, route: str) -> bool:
    ours, theirs = path.split("/"), route.split("/")
    return len(ours) == len(theirs) and all(
        fnmatchcase(there, here) or (there.startswith("{") and here != "" and ("*" in here or "uuid" not in there))
        for here, there in zip(ours, theirs, strict=True)
    )


@pytest.fixture(scope="module")
def routes(instance: Instance) -> set[Route]:
    found: set[Route] = set()
    for part in PARTS:
        module: Any = import_module(f"{package_of(part)}.app")
        app = module.create_app(module.Settings.load(instance.env_file(part)))
        found |= {(_with_ids(route), frozenset(route.methods or ())) for route in routes_of(app)}
    return found


def _with_ids(route: Any) -> str:
    path = route.path or ""
    for each in route._effective_route.dependant.path_params:
        if each.field_info.annotation is UUID:
            path = path.replace("{" + each.alias + "}", "{" + each.alias + ":uuid}")
    return path


def test_every_address_in_every_template_and_mail_is_one_that_a_service_answers(routes: set[Route]):
    written = {(str(path.relative_to(ROOT)), *each) for path in TEMPLATES for each in addresses_in(path.read_text())}
    assert len(written) > 300
    dead = [
        f"{path}: {address}"
        for path, address, opened in sorted(written)
        if not is_answered(address, routes, opened=opened)
    ]
    assert dead == []


def test_every_address_of_a_task_is_answered(routes: set[Route]):
    fixed = [re.sub(r"\{\w+\}", "*", rule.page) for rule in TASKS.values()]
    assert [page for page in fixed if not is_answered(page, routes, opened=True)] == []


def test_every_page_to_which_a_browser_is_sent_on_is_answered(routes: set[Route]):
    sent = {
        (str(path.relative_to(ROOT)), re.sub(r"\{[^{}]*\}", "*", address))
        for path in CODE
        for address in _SENT_TO.findall(path.read_text())
    }
    assert len(sent) > 50
    assert [f"{path}: {to}" for path, to in sorted(sent) if not is_answered(to, routes, opened=True)] == []


@pytest.mark.parametrize(
    "text",
    [
        '<a href="/notifications/contact">Get in touch</a>',
        '{{ back_link("/feedback/minne") }}',
        '{{ post_button("/notifications/staff/calls/" ~ person_id ~ "/rang", "Nobody answered") }}',
        '<form action="/feedback/staff/{{ item.id }}/no-such-thing">',
        "=> /people/you Change what we send you",
    ],
)
def test_an_address_that_nobody_answers_is_seen(text: str, routes: set[Route]):
    assert [address for address, opened in addresses_in(text) if not is_answered(address, routes, opened=opened)]
