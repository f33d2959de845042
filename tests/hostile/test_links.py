"""Every link of every page, as everyone: whoever is shown a link may open what it leads to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup

from deploy.demo.visitor import Visitor
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.hostile.organisation import Organisation
from tests.journeys.walking import kind_of

SAME_KIND = 2
"""How many pages of one kind (the same address but for its ids) one person opens: an empty and a full one often
differ."""
MOST = 250
_HELPER = frozenset({Role.COORDINATOR})
_EVERY_HAT = frozenset(Role)
EVERYONE: dict[str, tuple[str | None, frozenset[Role], str | None]] = {
    "a visitor": (None, frozenset(), None),
    "a participant of nothing": ("stranger", frozenset({Role.PARTICIPANT}), None),
    "a participant with a claim": ("driver", frozenset({Role.PARTICIPANT}), None),
    "a participant who is being paid": ("voucher_taker", frozenset({Role.PARTICIPANT}), None),
    "a coordinator": ("coordinator", _HELPER | {Role.ADMINISTRATOR}, None),
    "an approver": ("approver", frozenset({Role.APPROVER}), None),
    "finance": ("finance", frozenset({Role.FINANCE}), None),
    "an operator": ("operator", frozenset({Role.OPERATOR}), None),
    "an administrator": ("operator", frozenset({Role.ADMINISTRATOR}), None),
    "whoever wears every hat": ("coordinator", _EVERY_HAT, None),
    "a coordinator helping": ("coordinator", _HELPER, "driver"),
    "a coordinator helping who is being paid": ("coordinator", _HELPER, "voucher_taker"),
    "a coordinator helping one of nothing": ("coordinator", _HELPER, "stranger"),
    "whoever wears every hat, helping": ("coordinator", _EVERY_HAT, "third"),
}
"""Whose sign-in it is (of PEOPLE), the hats, and whom they help."""


def _signed_in(organisation: Organisation, part: str | None, roles: frozenset[Role], helping: str | None) -> Visitor:
    visitor = Visitor(organisation.url, part or "a visitor")
    if part is None:
        return visitor
    transport: Any = visitor.client._transport
    sign_in_id = new_id()
    began = (
        "INSERT INTO sessions (id, person_id, began_at, last_used_at, expires_at, acting_for) VALUES ($1, $2, "
        "now(), now(), now() + interval '1 hour', $3)"
    )
    organisation.rows(
        "people", began, sign_in_id, organisation.ids[part], organisation.ids[helping] if helping else None
    )

    def sign(_: httpx.Request) -> None:
        acting_for = organisation.ids[helping] if helping else None
        sign_in = SignIn(organisation.ids[part], sign_in_id, roles, acting_for=acting_for, factor_at=datetime.now(UTC))
        token = issue_token(organisation.instance.signing_key(), organisation.instance.facts.organisation, sign_in)
        transport.cookies[cookie_name(organisation.instance.facts.organisation)] = token

    visitor.client.event_hooks = {"request": [sign]}
    return visitor


@dataclass
class Walk:
    """faults: a line for each link that leads to nothing; opened: how many pages of each kind."""

    client: httpx.Client
    base: str
    same_kind: int = SAME_KIND
    most: int = MOST
    faults: dict[str, str] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    """The HTML of each address."""
    fragments: dict[tuple[str, str], str] = field(default_factory=dict)
    """The pages to whose parts links lead: by address and part, where the link stands."""

    def through(self, *starts: str) -> None:
        waiting = [(start, "the start") for start in starts]
        seen: set[str] = set()
        while waiting and len(seen) < self.most:
            address, on = waiting.pop(0)
            kind = kind_of(address)
            if address in seen or self.opened.get(kind, 0) >= self.same_kind:
                continue
            seen.add(address)
            self.opened[kind] = self.opened.get(kind, 0) + 1
            answer = self.client.get(address)
            if answer.status_code >= 400:
                self.faults.setdefault(kind, f"{kind} answers {answer.status_code}; the link stands on {kind_of(on)}")
            if answer.headers.get("content-type", "").startswith("text/html"):
                here = urlsplit(str(answer.url)).path
                self.pages[address] = answer.text
                waiting += [(link, here) for link in self._links(str(answer.url), answer.text) if link not in seen]

    def _links(self, here: str, html: str) -> Iterable[str]:
        for link in BeautifulSoup(html, "html.parser").find_all("a", href=True):
            parts = urlsplit(urljoin(here, str(link["href"])))
            if f"{parts.scheme}://{parts.netloc}" == self.base and "/sign-out" not in parts.path:
                address = parts.path + (f"?{parts.query}" if parts.query else "")
                if parts.fragment:
                    self.fragments.setdefault((address, unquote(parts.fragment)), here)
                yield address

    def dead_parts(self) -> list[str]:
        """Links to a part of a page that is not there. An address that nobody opened (of a kind seen often enough) is
        not asked."""
        opened = [(address, part, on) for (address, part), on in self.fragments.items() if address in self.pages]
        return [
            f"{kind_of(on)} leads to {kind_of(address)}#{part}"
            for address, part, on in opened
            if f'id="{part}"' not in self.pages[address]
        ]


SOME = ("a visitor", "a participant who is being paid", "whoever wears every hat", "a coordinator helping")
"""Among them they open every part of the site; everyone else walks in make slow."""
LEAST_KINDS = {name: 25 if name == "a visitor" else 40 for name in SOME} | {"whoever wears every hat": 100}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SOME)
def test_a_page_of_each_kind_has_no_link_that_leads_nowhere(organisation: Organisation, name: str) -> None:
    part, roles, helping = EVERYONE[name]
    with _signed_in(organisation, part, roles, helping) as visitor:
        walk = Walk(visitor.client, organisation.url.rstrip("/"), same_kind=1)
        walk.through(*_starts(helping))
    assert [*walk.faults.values(), *walk.dead_parts()] == []
    assert len(walk.opened) >= LEAST_KINDS[name], f"the walk went nearly nowhere: {sorted(walk.opened)}"


def _starts(helping: str | None) -> tuple[str, ...]:
    return "/", "/opportunities", *(("/people/me", "/payments/claims", "/opportunities/mine") if helping else ())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", EVERYONE)
def test_no_link_leads_nowhere_for_the_one_to_whom_it_is_shown(organisation: Organisation, name: str) -> None:
    part, roles, helping = EVERYONE[name]
    with _signed_in(organisation, part, roles, helping) as visitor:
        walk = Walk(visitor.client, organisation.url.rstrip("/"))
        walk.through(*_starts(helping))
    assert sum(walk.opened.values()) > 12, f"the walk went nearly nowhere: {sorted(walk.opened)}"
    assert walk.fragments, "every page leads at least to its own main part"
    assert [*walk.faults.values(), *walk.dead_parts()] == []
    if helping:
        (who,) = organisation.rows(
            "people",
            "SELECT coalesce(nullif(known_as, ''), name) AS name FROM people WHERE id = $1",
            organisation.ids[helping],
        )
        unnamed = [
            address
            for address, html in walk.pages.items()
            if not address.startswith("/operator") and f">{escape(who['name'])}</a> (" not in html
        ]
        assert unnamed == [], "every page of a helper says whom they help"
