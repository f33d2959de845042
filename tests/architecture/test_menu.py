"""The link that leads to a page, or above it, is marked there for whoever sees the link."""

import re
from importlib import import_module
from typing import Any

import pytest

from deploy.local.instance import Instance
from deploy.provisioning.parts import package_of
from shared.identity import Role
from shared.web import navigation
from tests.architecture.test_access import PARTS, declarations, instance, routes_of
from tests.architecture.test_fixed_links import ROOT

__all__ = ["instance"]

NOTHING_LEADS_THERE = {
    "/people/session/renew": "it sends the browser on",
    "/people/session/kept": "somebody is sent there after signing in again",
    "/notifications/unsubscribe/{token}": "from a message",
}
"""Pages under no link, and why."""

_NO_PAGE = re.compile(r"/(?:api|health|metrics|feeds/.+|\.well-known)(?:/|$)|^/(?!operator)\w+/operator/")


def shown_to(roles: list[str] | None) -> list[navigation.Link]:
    return [*navigation.links_for(roles), *navigation.account_for(roles), *navigation.FOOT]


def unmarked(path: str, access: str) -> list[str]:
    """Who opens this page and sees no link marked. What is for anyone has a link for visitors or for participants."""
    who = [role for role in Role if role in access.split(", ")] or [Role.PARTICIPANT]
    shown: dict[str, list[navigation.Link]] = {role: shown_to([role]) for role in who}
    if access == "anyone":
        shown = {"anyone": shown_to(None) + shown_to([Role.PARTICIPANT])}
    return [
        f"{path} for {role}"
        for role, links in shown.items()
        if not any(navigation.mark_of(link.href, links, path) for link in links)
    ]


@pytest.mark.parametrize("part", PARTS)
def test_every_page_has_a_link_marked_that_leads_to_it(part: str, instance: Instance):
    module: Any = import_module(f"{package_of(part)}.app")
    app = module.create_app(module.Settings.load(instance.env_file(part)))
    pages = {
        (str(route.path), declarations(route)[0])
        for route in routes_of(app)
        if "GET" in (route.methods or ()) and not _NO_PAGE.search(str(route.path))
    }
    assert [
        each for path, access in sorted(pages) if path not in NOTHING_LEADS_THERE for each in unmarked(path, access)
    ] == []


def test_a_page_that_lies_under_no_link_is_seen():
    assert unmarked("/payments/elsewhere", "finance") == ["/payments/elsewhere for finance"]
    assert unmarked("/payments/runs/7f3a", "approver, finance") == ["/payments/runs/7f3a for approver"]
    assert unmarked("/payments/runs/7f3a", "finance") == []


def test_every_page_has_the_layout_that_marks_its_links():
    """A template of parts is included or imported, and opened by no route."""
    opened = {
        found
        for path in (ROOT / "services").rglob("*.py")
        for found in re.findall(r'"([\w/-]+\.html)"', path.read_text())
        if not found.startswith(("mail/", "mail."))
    }
    files = {path: path.read_text() for top in ("services", "shared") for path in (ROOT / top).rglob("*.html")}
    bare = sorted(
        str(path.relative_to(ROOT))
        for path, text in files.items()
        if any(str(path).endswith(f"/{name.split('/')[-1]}") for name in opened)
        and '{% extends "shared/layout.html" %}' not in text
        and "templates/mail" not in str(path)
    )
    assert len(opened) > 100
    assert bare == []
