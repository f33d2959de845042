"""Looking somebody up by name: what was typed is posted, and appears in no address, log or history.

It is held here for half an hour, under a name that nobody can guess, for the same sign-in only, and the browser is
redirected to a page that shows what was found (303): Back and a reload show it again, and each tab has its own. Like
held answers (shared.web.answers) it stays in this process's memory and is never written to disk; after a restart the
page says to search again.

A half-filled form is held in the same way while its page sends somebody to look for a person and come back
(`HeldSearches.last`).
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from shared.identity import SignIn
from shared.text import searched_for
from shared.web.held import HeldInMemory
from shared.web.pages import redirect

PARAMETER = "search"
"""The parameter in an address that names the search."""
FIELD = "name"
HELD_SECONDS = 1800.0
MOST = 2_000
MOST_OF_ONE = 50
"""Searches of one sign-in: nobody crowds out the others' searches."""


@dataclass(frozen=True, slots=True)
class Search:
    """text: what is looked for, blank for everybody. key: what represents it in an address. lost: it is no longer
    held."""

    text: str = ""
    key: str | None = None
    lost: bool = False

    def __repr__(self) -> str:
        return "Search(...)"


@dataclass(frozen=True, slots=True)
class _Held:
    text: str
    whose: SignIn


class HeldSearches:
    """The latest searches of one process. Machine time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._held: HeldInMemory[_Held] = HeldInMemory(HELD_SECONDS, MOST, MOST_OF_ONE, clock)

    def hold(self, text: str, who: SignIn, name: str = "") -> str:
        """The key by which to find it. name: of the page on which it was typed, if that page keeps what was typed
        last and asks with the same name."""
        key = _own(name, who) if name else secrets.token_urlsafe(16)
        self._held.hold(key, _Held(text, who), str(who.sign_in_id))
        return key

    def last(self, name: str, who: SignIn) -> str | None:
        return self.find(_own(name, who), who)

    def forget(self, name: str, who: SignIn) -> None:
        self._held.forget(_own(name, who))

    def find(self, key: str, who: SignIn) -> str | None:
        held = self._held.find(key)
        return held.text if held is not None and _is_same(held.whose, who) else None


def _is_same(one: SignIn, other: SignIn) -> bool:
    return (one.sign_in_id, one.person_id, one.acting_for) == (other.sign_in_id, other.person_id, other.acting_for)


def _own(name: str, who: SignIn) -> str:
    return f"{who.sign_in_id} {name}"


async def hold_search(request: Request, who: SignIn, path: str) -> Response:
    """Takes what was typed, and sends the browser to the page at path that shows what is found."""
    sent = await request.form(max_files=0, max_fields=10)
    text = searched_for(str(sent.get(FIELD, "")))
    if not text:
        return redirect(path)
    return redirect(f"{path}?{PARAMETER}={held_of(request).hold(text, who)}")


def search_of(request: Request, who: SignIn) -> Search:
    """The search whose results this page shows."""
    key = request.query_params.get(PARAMETER)
    if not key:
        return Search()
    text = held_of(request).find(key, who)
    return Search(lost=True) if text is None else Search(text, key)


def held_of(request: Request) -> HeldSearches:
    return request.app.state.searches
