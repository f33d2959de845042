"""Whose is it? Every address with an id in it, asked for by everybody who may not see it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.provisioning.parts import SERVICES, package_of
from tests.architecture.test_access import declarations, routes_of
from tests.hostile.forms import faults_of, is_page
from tests.hostile.organisation import Organisation, changed
from tests.hostile.values import NOBODY
from tests.support.slices import WHOLE, in_turn

PARTS = (*SERVICES, "operator")
PUBLIC = (
    "/opportunities/{opportunity_id:uuid}",
    "/opportunities/{opportunity_id:uuid}/take-part",
    "/opportunities/api/opportunities/{opportunity_id}",
)
"""An opportunity that is published is for everybody."""
ASKED_FOR = ("/people/sign-in/code/{request_id}",)
"""The id of a sign-in is no one's yet: the page that asks for a code is the same for a wrong one, which tells nobody
anything."""
WORDS = {"slug": "title", "step": "name", "service": "payments", "what": "transfers"}
"""The parts of addresses that are no ids, as they should be."""
NO_UUIDS = (
    "1",
    "0",
    "-1",
    "..%2f..%2fetc",
    "%00",
    "%ff%fe",
    "null",
    "x" * 3000,
    "0193f3a0-0000-7000-8000-00000000dea",
    "{id}",
    "١",
    "' OR 1=1--",
)


@dataclass(frozen=True)
class Address:
    """A route with ids in its path. roles: who may use it at all; empty for whoever is signed in."""

    method: str
    path: str
    access: str

    @property
    def names(self) -> list[str]:
        return [part.strip("{}").partition(":")[0] for part in self.path.split("/") if part.startswith("{")]

    def filled(self, ids: dict[str, Any]) -> str:
        return "/".join(
            str(ids[part.strip("{}").partition(":")[0]]) if part.startswith("{") else part
            for part in self.path.split("/")
        )

    @property
    def roles(self) -> frozenset[str]:
        return frozenset() if self.access in ("anyone", "signed in") else frozenset(self.access.split(", "))


@pytest.fixture(scope="module")
def addresses(organisation: Organisation) -> list[Address]:
    found = []
    for part in PARTS:
        module: Any = import_module(f"{package_of(part)}.app")
        app = module.create_app(module.Settings.load(organisation.instance.env_file(part)))
        for route in routes_of(app):
            if "_id" in str(route.path):
                found += [
                    Address(method, str(route.path), declarations(route)[0])
                    for method in sorted(route.methods or ())
                    if method != "HEAD"
                ]
    assert len(found) > 90
    return found


def ask(organisation: Organisation, who: str | None, method: str, path: str) -> httpx.Response:
    """As a browser would; a POST with a form that says nothing."""
    return organisation.client(who).request(method, path, data={"x": "1"} if method == "POST" else None)


ALSO = {"coordinator": "administrator", "operator": "administrator"}
"""Who is more than one thing."""
ROLE_OF = {
    "stranger": "participant",
    "coordinator": "coordinator",
    "approver": "approver",
    "finance": "finance",
    "operator": "operator",
}


def test_a_visitor_is_asked_to_sign_in_whatever_the_id(organisation: Organisation, addresses: list[Address]):
    faults = []
    for address in addresses:
        if address.access == "anyone":
            continue
        path = address.filled(dict.fromkeys([*address.names, "slug", "service"], NOBODY))
        answer = ask(organisation, None, address.method, path)
        ways = {303: "/people/sign-in", 307: "/people/session/renew"}  # a form is kept on the way
        asked = answer.status_code == 401 or answer.headers.get("location", "").startswith(
            ways.get(answer.status_code, "none")
        )
        if not asked:
            faults.append(f"{address.method} {address.path}: {answer.status_code}")
    assert not faults, "\n".join(faults)


@WHOLE
def test_an_id_that_is_nobodys_is_not_found(organisation: Organisation, addresses: list[Address], whole: bool):
    """By those whose page it would be; in make test, one address in three, and the next in the test of every shape."""
    faults = []
    for number, address in enumerate(addresses if whole else addresses[::3]):
        theirs = [who for who, role in ROLE_OF.items() if not address.roles or role in address.roles]
        for who in in_turn(number, theirs, whole):
            for made_up in (str(NOBODY), "not-an-id") if whole else (str(NOBODY),):  # other shapes: the next test
                ids: dict[str, Any] = dict.fromkeys(address.names, made_up) | WORDS
                answer = ask(organisation, who, address.method, address.filled(ids))
                # Staff's forms are looked at before what they are about.
                faults += _not_found(
                    address, who, answer, also=(422,) if address.roles and address.method in ("POST", "PUT") else ()
                )
    assert not faults, "\n".join(faults)


@WHOLE
def test_ids_of_every_shape_are_not_found(organisation: Organisation, addresses: list[Address], whole: bool):
    faults = []
    shapes = itertools.cycle(NO_UUIDS)
    parts = {frozenset({role}): who for who, role in [*ROLE_OF.items(), *ALSO.items()]}
    for address in addresses if whole else addresses[1::3]:
        who = next((parts[frozenset({role})] for role in address.roles), "stranger")
        for shape in itertools.islice(shapes, 3 if whole else 1):
            ids: dict[str, Any] = dict.fromkeys(address.names, shape) | WORDS
            faults += _not_found(address, who, ask(organisation, who, address.method, address.filled(ids)), also=(422,))
    assert not faults, "\n".join(faults)


@WHOLE
def test_another_persons_ids_are_not_found_and_other_roles_pages_are_not_theirs(
    organisation: Organisation, addresses: list[Address], whole: bool
):
    """Each real id, asked for by a participant who has nothing to do with it and by each role that has no right to it;
    of pages for roles, whose declarations tests/architecture proves, by one role in turn."""
    before = organisation.everything()
    told = organisation.rows("feedback", "SELECT told || deputy_id FROM concerns ORDER BY concern_id LIMIT 1")
    has_the_concern = {who for who in ROLE_OF if told and organisation.ids[who] in told[0][0]}
    faults = []
    asked = 0
    for number, address in enumerate(addresses):
        without = [
            (who, role)
            for who, role in ROLE_OF.items()
            if not (address.roles & {role, ALSO.get(who)} or address.path in MAY_SEE.get(role, ()))
            and not (address.path in CONCERNS and who in has_the_concern)
        ]
        if address.path in PUBLIC or address.path in ASKED_FOR or address.access == "anyone" or not without:
            continue
        # Of one's own things: a participant, and one of the staff in turn.
        first = [] if address.roles else without[:1]
        for who, _ in without if whole else [*first, *in_turn(number, without[len(first) :], whole)]:
            for ids in real_ids(organisation, address):
                asked += 1
                answer = ask(organisation, who, address.method, address.filled(ids))
                right = 403 if address.roles else 404
                if answer.status_code != right:
                    faults.append(f"{who} {address.method} {address.path}: {answer.status_code}, not {right}")
                faults += [f"{who} {address.method} {address.path}: {fault}" for fault in faults_of(answer)]
    assert asked > (200 if whole else 100)
    assert not faults, "\n".join(faults)
    assert changed(before, organisation.everything()) == []


CLAIMS = ("/payments/api/claims/{claim_id}", "/payments/receipts/{receipt_id}")
CONCERNS = tuple(
    f"/feedback/staff/safeguarding/{{concern_id}}{what}"
    for what in ("", "/take", "/settle", "/about", "/hand-over", "/reach")
)
MAY_SEE = {"approver": CLAIMS, "finance": CLAIMS}
"""What staff see of other people's things, beside the pages of their role."""


def real_ids(organisation: Organisation, address: Address) -> Iterator[dict[str, Any]]:
    """The ids of somebody in the middle of something; the parts that are no ids as they should be."""
    owner = "driver"
    driver = organisation.ids[owner]
    claim = UUID(organisation.kept["driver_claim"].rpartition("/")[2])
    words: dict[str, Any] = WORDS

    def first(service: str, sql: str, *values: Any) -> Any:
        rows = organisation.rows(service, sql, *values)
        return rows[0][0] if rows else NOBODY

    known = {
        "claim_id": claim,
        "line_id": UUID(organisation.kept["receipt_line"].split("/")[5]),
        "receipt_id": first(
            "payments", "SELECT receipt_id FROM claim_lines WHERE claim_id = $1 AND receipt_id IS NOT NULL", claim
        ),
        "run_id": UUID(organisation.kept["run"].rpartition("/")[2]),
        "payment_id": first("payments", "SELECT id FROM payments"),
        "details_id": first("payments", "SELECT id FROM bank_details"),
        "place_id": UUID(organisation.kept["driver_place"].rpartition("/")[2]),
        "opportunity_id": UUID(organisation.kept["opportunity"]),
        "session_id": first(
            "opportunities", "SELECT id FROM sessions WHERE opportunity_id = $1", UUID(organisation.kept["opportunity"])
        ),
        "need_id": first("opportunities", "SELECT id FROM needs"),
        "item_id": first("feedback", "SELECT item_id FROM items WHERE given_by_id = $1", driver),
        "theme_id": first("feedback", "SELECT theme_id FROM themes"),
        "response_id": first("feedback", "SELECT response_id FROM responses"),
        "concern_id": first("feedback", "SELECT concern_id FROM concerns ORDER BY concern_id LIMIT 1"),
        "message_id": first(
            "notifications", "SELECT message_id FROM messages WHERE participant_id = $1 ORDER BY 1 DESC", driver
        ),
        "task_id": first("notifications", "SELECT task_id FROM tasks WHERE person_id = $1", driver),
        "person_id": driver,
        "question_id": first("opportunities", "SELECT id FROM questions"),
        "booking_id": first("opportunities", "SELECT id FROM bookings_to_cancel"),
        "list_id": first("people", "SELECT id FROM given_lists"),
        "door_id": first("people", "SELECT id FROM doors"),
        "sign_in_id": first("people", "SELECT id FROM sessions WHERE person_id = $1", driver),
        "consent_id": first("people", "SELECT id FROM consents WHERE person_id = $1", driver),
        "request_id": first("people", "SELECT id FROM sign_in_codes"),
        "dead_letter_id": NOBODY,
        # Nobody here has had their say in another way than in the room.
        "contribution_id": NOBODY,
        # No neighbour has said anything to this organisation: nobody has these, with a right or without.
        "listing_id": NOBODY,
        "statement_id": NOBODY,
        "entry_id": NOBODY,
        "kind": "purpose",
    }
    yield known | words


def _not_found(address: Address, who: str, answer: httpx.Response, also: tuple[int, ...] = ()) -> list[str]:
    where = f"{who} {address.method} {address.path}"
    if answer.status_code not in (404, *also) and address.path not in ASKED_FOR:
        return [f"{where}: {answer.status_code} {answer.headers.get('location', '')}".rstrip()]
    if is_page(answer) and "<h1" not in answer.text:
        return [f"{where}: no heading"]
    return [f"{where}: {fault}" for fault in faults_of(answer)]
