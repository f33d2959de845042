"""Marking a safeguarding concern, which any staff can do; and dealing with it, which is for the lead and the deputy
(FB-09)."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.feedback.domain.safeguarding import OWNERS, Source, readers_of
from services.feedback.domain.who_reads import (
    IN_WORDS,
    Readers,
    Standing,
    may_be_about,
    who_gets_it,
    who_is_told,
    who_would_read,
)
from services.feedback.pages.asking_about import ask_whom_it_is_about, ticked
from services.feedback.pages.common import Staff, WorksHere, settings_of
from services.feedback.queries.concerns_of import open_concerns, safeguarding_leads, source_of_concern
from services.feedback.queries.facts import kept_from
from services.feedback.queries.in_hand import for_staff
from services.feedback.queries.names import names_of, staff_names
from services.feedback.use_cases import handing, hosts, leads, safeguarding
from shared.db import Command, Transaction
from shared.identity import SignedInInFull, SignIn
from shared.messaging import steps
from shared.reasons import Missing
from shared.service import Service, of
from shared.text import number_of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/feedback/staff")
RAISE = "Mark a safeguarding concern"
SENT = (
    "It is with those who look after safeguarding now, and nobody else sees it. If someone is in danger now, ring 999."
)
NOBODY_LEFT = (
    "It is out of sight now. But nobody is left here who may read it: please ring the council’s "
    "safeguarding team today (“Help now” says how). If someone is in danger now, ring 999."
)


class ConcernForm(Form):
    why: Paragraphs = ""
    about: list[UUID] = Field(default_factory=list)
    at_once: str | None = None
    later: str = ""
    """Who would read it, as the page said."""


class SettleForm(Form):
    messages: ClassVar[dict[str, str]] = {"outcome": "Choose what became of it."}
    outcome: Literal["dealt-with", "returned"]
    note: Paragraphs = ""


@router.get("/safeguarding")
async def concerns(request: Request, who: SignedInInFull) -> Response:
    """For the lead and the deputy, and whoever stands in for them; for others there is no such page."""
    service = of(request)

    async def read(tx: Transaction) -> tuple[Any, dict[UUID, str]]:
        if not await safeguarding.may_list_concerns(tx, who.person_id):
            raise Missing
        found = await open_concerns(tx, who.person_id)
        return found, await names_of(tx, [each.taken_by for each in found if each.taken_by])

    found, names = await service.database.read(read)
    return page(
        request,
        "staff/concerns.html",
        who=who,
        title="Safeguarding concerns",
        concerns=found,
        names=names,
        now=service.clock.now(),
    )


@router.get("/safeguarding/ended")
async def ended_concerns(request: Request, who: SignedInInFull, after: str | None = None) -> Response:
    """What was settled, for the lead and the deputy; each opens with what was done. For others there is no such
    page."""
    work = Command("list-ended-concerns", who.actor)
    found, next_after = await of(request).database.run(
        work, lambda tx: safeguarding.ended_concerns(tx, who.person_id, after)
    )
    response = page(
        request,
        "staff/concerns_ended.html",
        who=who,
        title="Concerns that have ended",
        concerns=found,
        next_after=next_after,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/safeguarding/whom-to-tell")
async def whom_to_tell(request: Request, who: WorksHere) -> Response:
    """FB-09: whom to ring about a worry. PRI-03: each look at their numbers is written down."""

    async def read(tx: Transaction) -> dict[str, Any]:
        named, team = await leads.named(tx), await leads.colleagues(tx)
        told = who_is_told(named, team, Standing(), run_out=False).everyone
        others = [person for person in told if person != who.person_id]
        for person in others:
            await steps.add(tx, "contact-details-read", about=person)
        goes_to, names = who_gets_it(named, team), await names_of(tx, told)
        return {
            "leads": await safeguarding_leads(tx),
            "goes_to": goes_to,
            "told": told,
            "others": others,
            "comes_to_them": who.person_id in told,
            "names": names,
        }

    found = await of(request).database.run(Command("read-whom-to-tell", who.actor), read)
    numbers, away = await _numbers(of(request), found["others"])
    title = "I am worried about someone’s safety"
    return page(request, "staff/whom_to_tell.html", who=who, title=title, numbers=numbers, away=away, **found)


async def _numbers(service: Service, people: Sequence[UUID]) -> tuple[dict[UUID, str], bool]:
    """Their numbers, asked now and kept nowhere; and whether `people` is away."""
    held, away = await _addresses(service, {"person_ids": [str(each) for each in people]})
    return {person: each["phone"] for person, each in held.items()}, away


async def _addresses(service: Service, question: dict[str, Any]) -> tuple[dict[UUID, dict[str, str]], bool]:
    if not question["person_ids"]:
        return {}, False
    try:
        answer = await service.requests("people.addresses.feedback", question)
    except (ConnectionError, TimeoutError):
        return {}, True
    return {UUID(each): held for each, held in answer["addresses"].items()}, False


@router.get("/safeguarding/{concern_id}")
async def concern(request: Request, concern_id: UUID, who: SignedInInFull, problem: Refusal = None) -> Response:
    service = of(request)

    async def read(tx: Transaction) -> tuple[Any, dict[str, Any], list[UUID]]:
        found = await safeguarding.read_concern(tx, concern_id, who.person_id)
        people = [*found.about, *(each for each in (found.taken_by, found.settled_by) if each)]
        to, team = (
            await handing.to_whom(tx, found),
            await staff_names(tx, await handing.whom_it_may_be_about(tx, found)),
        )
        shown = {
            "names": await names_of(tx, people),
            "staff": [each for each in team if each[0] not in found.about],
            "nobody_answers": await safeguarding.nobody_answers_what_comes_back(tx, found),
            "to_whom": [each for each in team if each[0] in to],
        }
        return found, shown, await safeguarding.sources_kept_from(tx, who.person_id, found)

    try:
        found, shown, kept_from = await service.database.run(Command("read-concern", who.actor), read)
    except Missing:
        return _with_others(request, who)
    source, readers = source_of_concern(found), readers_of(found.read_at)
    aside, away = await _set_aside(service, source, who, kept_from)
    writer = _writer_of(aside)
    response = page(
        request,
        "staff/concern.html",
        who=who,
        in_words=IN_WORDS,
        title=f"Safeguarding concern {number_of(concern_id)}",
        concern=found,
        aside=aside,
        source=source,
        away=away,
        readers=readers,
        may_open=readers in who.opens_as,
        writer=(await service.database.read(lambda tx: names_of(tx, [writer]))).get(writer) if writer else None,
        now=service.clock.now(),
        problem=problem,
        **shown,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _with_others(request: Request, who: SignIn) -> Response:
    """FB-09: the same page whether they had it once or not, it is about them, or there is none."""
    return page(request, "staff/concern_elsewhere.html", status=404, who=who, title="This is not with you")


async def _set_aside(
    service: Service, source: tuple[Source, UUID] | None, who: SignIn, kept_from: Sequence[UUID]
) -> tuple[dict[str, Any] | None, bool]:
    """FB-09: what the concern was raised from, asked of its owner now and kept nowhere; and whether that is away. The
    owner knows what shares its words, gives none of those in kept_from, and writes down who reads it (PRI-03)."""
    if source is None:
        return None, False
    kind, source_id = source
    question = {"source": kind, "id": str(source_id), "by": str(who.person_id)}
    question |= {"kept_from": [str(each) for each in kept_from]}
    try:
        return (await service.requests(f"{OWNERS[kind]}.words.feedback", question))["found"], False
    except (ConnectionError, TimeoutError):
        return None, True


@router.get("/safeguarding/{concern_id}/reach")
async def reach(request: Request, concern_id: UUID, who: SignedInInFull) -> Response:
    """FB-09: how to reach who raised it, and who wrote what it is about, if they gave their name or were signed in.
    PRI-03: each look at their details is written down."""
    service = of(request)

    async def read(tx: Transaction) -> tuple[Any, list[UUID]]:
        found = await safeguarding.read_concern(tx, concern_id, who.person_id)
        return found, await safeguarding.sources_kept_from(tx, who.person_id, found)

    found, kept_from = await service.database.run(Command("read-concern", who.actor), read)
    aside, away = await _set_aside(service, source_of_concern(found), who, kept_from)
    writer = found.giver_id if found.giver_kind == "person" else _writer_of(aside)
    host = hosts.host_that_raised(found)
    people = list(dict.fromkeys(each for each in (None if host else found.raised_by, writer) if each))
    number, number_away = await _duty_number(service, host or (found.giver_home if found.giver_kind == "guest" else ""))
    held, people_away = await _addresses(service, {"person_ids": [str(each) for each in people], "concern": True})

    async def note(tx: Transaction) -> dict[UUID, str]:
        for person in held:
            await steps.add(tx, "contact-details-read", about=person)
        return await names_of(tx, people)

    response = page(
        request,
        "staff/reach.html",
        who=who,
        title="How to reach them",
        concern=found,
        writer=writer,
        names=await service.database.run(Command("read-how-to-reach", who.actor), note),
        held=held,
        host=host,
        number=number,
        away=away or people_away or number_away,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


async def _duty_number(service: Service, organisation: str) -> tuple[str, bool]:
    """NET-02: another organisation's, asked now; and whether the service that holds it is away."""
    if not organisation:
        return "", False
    try:
        found = await service.requests("opportunities.duty-number.feedback", {"organisation": organisation})
    except (ConnectionError, TimeoutError):
        return "", True
    return found["number"], False


def _writer_of(aside: dict[str, Any] | None) -> UUID | None:
    return UUID(aside["person_id"]) if aside and aside["person_id"] else None


@router.post("/safeguarding/{concern_id}/take")
@again(concern)
async def take(request: Request, concern_id: UUID, who: SignedInInFull) -> Response:
    await of(request).database.run(
        Command("take-concern", who.actor), lambda tx: safeguarding.take_concern(tx, concern_id, who.person_id)
    )
    return redirect(
        f"/feedback/staff/safeguarding/{concern_id}",
        "It is yours now. Write here what was done when you have finished.",
    )


@router.post("/safeguarding/{concern_id}/settle")
@again(concern)
async def settle(request: Request, concern_id: UUID, who: SignedInInFull) -> Response:
    form = await read_form(request, SettleForm)

    async def work(tx: Transaction) -> None:
        await safeguarding.settle_concern(tx, concern_id, who.person_id, outcome=form.outcome, note=form.note)

    await of(request).database.run(Command("settle-concern", who.actor), work)
    return redirect(
        f"/feedback/staff/safeguarding/{concern_id}",
        "Settled. What was done is kept here for you and whoever has this with you.",
    )


@router.get("/{item_id}/safeguarding")
async def ask_concern(request: Request, item_id: UUID, who: Staff, problem: Refusal = None) -> Response:
    service = of(request)

    about, _ = ticked(request)

    async def read(tx: Transaction) -> tuple[Any, Any, Readers]:
        named, found = await leads.named(tx), await for_staff(tx, who.person_id, item_id, service.clock.today())
        whom = {*about, *await kept_from(tx, item_id)}
        team = await leads.colleagues(tx)
        return found, await staff_names(tx, may_be_about(named, team)), who_would_read(named, team, whom)

    item, staff, readers = await service.database.read(read)
    hours = settings_of(request).feedback_safeguarding_hours
    return page(
        request,
        "staff/concern_form.html",
        who=who,
        title=RAISE,
        item=item,
        staff=staff,
        goes_to=readers.at_once,
        later=readers.later,
        ticked=bool(about),
        hours=hours,
        problem=problem,
    )


@router.post("/{item_id}/safeguarding")
@again(ask_concern)
async def raise_concern(request: Request, item_id: UUID, who: Staff) -> Response:
    hours = settings_of(request).feedback_safeguarding_hours
    form = await read_form(request, ConcernForm)

    async def look(tx: Transaction) -> frozenset[UUID]:
        return await kept_from(tx, (await for_staff(tx, who.person_id, item_id, of(request).clock.today())).item_id)

    before = await of(request).database.read(look)
    await ask_whom_it_is_about(of(request), form.about, before=before, said=(form.at_once, form.later))

    async def work(tx: Transaction) -> bool:
        return await safeguarding.raise_concern(tx, item_id, why=form.why, about=form.about, hours=hours)

    somebody_has_it = await of(request).database.run(Command("raise-concern", who.actor), work)
    return redirect("/feedback/staff", SENT if somebody_has_it else NOBODY_LEFT)
