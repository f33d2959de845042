"""A form kept while its sender signed in again, or gave their second step, is shown to them and not yet carried out:
somebody else may have pressed the button at a browser that was left open, and the person who comes back sees neither
what it does nor about whom.

The page in which people serves it (`kept.html`) puts the mark first into the body: the page on which the button was
pressed, which an answer without a page of its own leads back to. There no address can remove it,
and it goes along wherever a browser is sent on with its body (307).
"""

import re
from collections.abc import AsyncIterator, Callable, Collection
from contextvars import ContextVar
from functools import cache
from inspect import isfunction, unwrap
from types import CodeType
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote_plus

from fastapi import Request

from shared.db import KEPT_UNREAD, kept_unread
from shared.reasons import Reason, refuse
from shared.web.saying import SAID_FIELD, Said, read_said

KEPT_FIELD = "_kept"
KEPT_SENTENCE = "This was not sent yet. We kept what you typed. Look it over, then send it."
_MARK = re.compile(rb"(?:^|&)_kept=([^&]*)")
_CARRIES = "carries_what_was_kept"
_SHOWS = "shows_its_page_again"
_OURS = ("services.", "shared.")

_pressed: ContextVar[Said | None] = ContextVar("pressed", default=None)
"""What the kept form of this request said of itself."""

E = TypeVar("E", bound=Callable[..., Any])


def carries_on(endpoint: E) -> E:
    """Marks a route that does nothing with what it is sent except forward it as it came, or keep it again."""
    setattr(endpoint, _CARRIES, True)
    return endpoint


def shows_again(endpoint: E) -> E:
    """Marks a route that itself refuses what was kept, with the page that it is about (`again`)."""
    setattr(endpoint, _SHOWS, True)
    return endpoint


def kept_sentence(said: Said, typed: Collection[str | list[str]]) -> str:
    """Says that something was typed only if it was, and names the button, because a page may have many."""
    asks = bool(said.labels) if said.button else any(typed)
    sentence = KEPT_SENTENCE if asks and any(typed) else KEPT_UNREAD.text
    return f"{sentence} {said.pressed}." if said.pressed else sentence


async def look_first(request: Request) -> AsyncIterator[None]:
    """A dependency of every route of every service. Before the route begins, refuses what was kept if no form is
    read that could show it. If one is, `read_form` shows it; anything that the route would write before that,
    Database refuses."""
    pressed_on = await _kept_from(request)
    request.state.kept_from = pressed_on
    request.state.kept_said = await _said(request) if pressed_on is not None else Said()
    said = _pressed.set(request.state.kept_said)
    token = kept_unread.set(pressed_on is not None and not hasattr(request.scope["endpoint"], _CARRIES))
    try:
        if kept_unread.get() and not hasattr(request.scope["endpoint"], _SHOWS):
            look_at(request.scope["endpoint"])
        yield
    finally:
        kept_unread.reset(token)
        _pressed.reset(said)


def look_at(endpoint: Callable[..., Any]) -> None:
    """Refuses a request that was kept, if the route has no form to show it in: its page is shown instead, and who
    reads that may be recorded."""
    if kept_unread.get() and not reads_a_form(endpoint):
        kept_unread.set(False)
        refuse(Reason(KEPT_UNREAD.rule, kept_sentence(_pressed.get() or Said(), ())))


async def _kept_from(request: Request) -> str | None:
    """The page on which the button was pressed, of what was kept; None if it was not. The form has no files, so it
    comes urlencoded."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    found = _MARK.search(await request.body()) if kind == "application/x-www-form-urlencoded" else None
    return unquote_plus(found[1].decode("ascii", "replace")) if found else None


async def _said(request: Request) -> Said:
    values = parse_qs((await request.body()).decode("ascii", "replace")).get(SAID_FIELD, [""])
    return read_said(values[0])


@cache
def reads_a_form(endpoint: Callable[..., Any]) -> bool:
    """Whether the route calls read_form, itself or through functions of ours that it names."""
    waiting: list[Any] = [unwrap(endpoint)]
    seen: set[Any] = set()
    while waiting:
        function = waiting.pop()
        seen.add(function)
        names = _names(function.__code__)
        if "read_form" in names:
            return True
        named = [unwrap(it) for name in names if isfunction(it := function.__globals__.get(name))]
        waiting += [it for it in named if it not in seen and it.__module__.startswith(_OURS)]
    return False


def _names(code: CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*(_names(each) for each in inner))
