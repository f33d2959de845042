"""Every form, every field: whatever is put in, the answer is a page with words; where it is refused, nothing was
changed."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from deploy.provisioning.parts import SERVICES
from tests.hostile.forms import Field, Form, Walk, faults_of, forms_of, links_of, reflected, sent
from tests.hostile.organisation import Organisation
from tests.hostile.values import CHOICES, DAYS, MONEY, TEXTS

STARTS: dict[str | None, tuple[str, ...]] = {
    None: ("/opportunities", "/feedback/look-up", "/people/sign-in"),
    "driver": ("/", "driver_claim", "driver_place"),
    "third": ("/", "third_claim"),
    "coordinator": ("/opportunities/staff", "draft", "staff", "register", "/feedback/staff", "/people/staff/people"),
    "approver": ("/payments/approve",),
    "finance": ("/payments/runs", "run"),
    "operator": ("/", "/operator", "/people/staff/people", "/notifications/staff", "roles"),
}
ENDS_IT = (
    "publish",
    "leave",
    "remove",
    "check",
    "decline",
    "hold",
    "/approve/",
    "sent",
    "cancel",
    "finish",
    "close",
    "spam",
    "join",
    "staff/answer",
    "safeguarding",
    "roles",
)
"""Forms that take away what other forms are about come last."""
SUMS = ("amount", "budget", "miles", "pence-", "minutes-", "capacity")
_visitors = itertools.count(1)


def elsewhere() -> dict[str, str]:
    """Each request from an address of its own: what is tried here is not the limit of tries."""
    number = next(_visitors)
    return {"x-forwarded-for": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


@dataclass
class Attack:
    """Sends forms wrongly and keeps what went wrong. accepted: what was taken, by form and field."""

    organisation: Organisation
    faults: list[str] = field(default_factory=list)
    accepted: set[tuple[str, str, str]] = field(default_factory=set)
    refused: int = 0
    posts: int = 0

    def on(self, form: Form, client: httpx.Client | None = None) -> None:
        client = client or self.organisation.client(form.who)
        for each in form.fields:
            for name, value in values_for(each):
                self._send(client, form, each, name, value)

    def _send(self, client: httpx.Client, form: Form, each: Field, name: str, value: Any) -> None:
        before = self.organisation.looks(form.service)
        self.posts += 1
        response = sent(client, form, form.pairs(each.name, value), **elsewhere())
        where = f"{form.name}, {each.name}: {name}"
        self.faults += [f"{where}: {fault}" for fault in faults_of(response)]
        if response.status_code < 400:
            self.accepted.add((form.name, each.name, name))
            return
        self.refused += 1
        changed = self._changed(form, before)
        if changed:  # or news came from another service at this moment: ask again when nothing is under way
            self.organisation.wait_until_quiet()
            before = self.organisation.looks(form.service)
            if sent(client, form, form.pairs(each.name, value), **elsewhere()).status_code >= 400 and (
                changed := self._changed(form, before)
            ):
                self.faults.append(f"{where}: refused, and {', '.join(changed)} changed")

    def _changed(self, form: Form, before: dict[str, str]) -> list[str]:
        after = self.organisation.looks(form.service)
        counts_tries = {"limit_counts"}  # of what a visitor may send, too, whatever becomes of it
        if "code" in {each.name for each in form.fields}:
            counts_tries |= {"sign_in_codes", "steps"}
        return [table for table in after if after[table] != before[table] and table not in counts_tries]


def values_for(each: Field) -> Iterator[tuple[str, Any]]:
    if each.kind == "text":
        yield from TEXTS.items()
        if is_sum(each.name):
            yield from ((f"money {value}", value) for value in MONEY)
    elif each.kind == "choice":
        yield from CHOICES.items()
    elif each.kind == "day":
        yield from DAYS.items()


def is_sum(name: str) -> bool:
    return name.startswith(SUMS)


def forms_in(organisation: Organisation) -> list[Form]:
    """One form of each kind, what ends something last."""
    found: dict[Any, Form] = {}
    kinds: dict[str, int] = {}
    places = organisation.kept | {"roles": f"/people/staff/people/{organisation.ids['stranger']}/roles"}
    for part, starts in STARTS.items():
        walk = Walk(organisation.client(part), part, kinds).through([places.get(start, start) for start in starts])
        assert {address: page.status_code for address, page in walk.pages.items() if page.status_code >= 400} == {}
        for form in walk.forms:
            if "/sign-out" not in form.action and form.action != "/people/join":
                found.setdefault(form.kind, form)
    return sorted(found.values(), key=lambda form: any(word in form.action for word in ENDS_IT))


@pytest.fixture(scope="module")
def attack(organisation: Organisation) -> Attack:
    """Done once; each test looks at another side of it."""
    attack = Attack(organisation)
    for form in forms_in(organisation):
        attack.on(form)
    for start in ("/feedback/give", "/people/join"):
        one_question_a_page(attack, start)
    organisation.wait_until_quiet()
    return attack


def one_question_a_page(attack: Attack, start: str) -> None:
    """Each question is asked wrongly, then answered well, to come to the next."""
    client = attack.organisation.visitor(None).client
    address = start
    for _ in range(16):
        found = [
            form
            for form in forms_of(client.get(address), None)
            if form.action.startswith((start, "/people/sign-in/code"))
        ]
        if not found:
            return
        attack.on(found[0], client)
        answer = sent(client, found[0], found[0].pairs(), **elsewhere())
        if answer.url.path == address:
            return
        address = answer.url.path


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_form_answers_in_words_and_what_it_refuses_changes_nothing(attack: Attack):
    assert not attack.faults, "\n".join(attack.faults)
    assert attack.refused > 500, (attack.refused, attack.posts)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_sum_is_taken_that_is_none(attack: Attack):
    """Negative, endless, in exponents, in parts of a penny, or beyond all measure."""
    harmless = {"money £", "money ١٢", "money 0", "empty", "missing", "repeated"}
    taken = [each for each in attack.accepted if is_sum(each[1]) and each[2] not in harmless]
    assert taken == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_day_is_taken_that_is_none_or_past(attack: Attack):
    """Whatever figures it is written in, a day to come is one."""
    taken = [each for each in attack.accepted if each[2] in DAYS.keys() - {"other digits"} and each[1] == "day"]
    assert taken == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_taken_breaks_no_page_no_other_service_and_no_invariant(attack: Attack):
    organisation = attack.organisation
    assert len(attack.accepted) > 50
    faults = []
    for part, starts in STARTS.items():
        walk = Walk(organisation.client(part), part).through(
            [organisation.kept.get(start, start) for start in starts if start != "roles"]
        )
        faults += [
            f"{part} {address}: {page.status_code}" for address, page in walk.pages.items() if page.status_code >= 500
        ]
        faults += [
            f"{part} {address}: {fault}" for address, page in walk.pages.items() for fault in reflected(page.text)
        ]
        assert any(links_of(page) for page in walk.pages.values())
    with organisation.operator() as operator:
        for service in SERVICES:
            state = operator.get(f"/{service}/operator/state").json()
            faults += [f"{service}: {state['dead_letters']} dead letters"] if state["dead_letters"] else []
            faults += [
                f"{service}: {sentence}"
                for sentence in operator.get(f"/{service}/operator/invariants").json()["broken"]
            ]
    assert not faults, "\n".join(faults)
