"""Telling us that somebody may not be safe: anybody can, from beside every box that they write in, and staff from
whatever they read (FB-09)."""

import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.feedback.domain.safeguarding import (
    NOT_SIGNED_IN_NOW,
    TOO_MANY_WORRIES,
    page_read,
    reasons_not_to_tell_of_worry,
    source_of,
)
from services.feedback.domain.who_reads import (
    IN_WORDS,
    WORKS_HERE,
    Colleague,
    Named,
    Readers,
    Standing,
    about_with_roles,
    may_be_about,
    roles_asked_about,
    who_is_told,
    who_would_read,
    why_others_stand_in,
)
from services.feedback.pages.asking_about import ask_whom_it_is_about, ticked
from services.feedback.pages.common import apart_from_the_visit, limit_of, settings_of
from services.feedback.queries.names import names_of, staff_names
from services.feedback.use_cases import leads, safeguarding, sources
from shared.db import VISITOR, Command, Transaction, new_id
from shared.identity import Role, SignIn, Visitor
from shared.reasons import refuse
from shared.service import of
from shared.web import Form, Paragraphs, Refusal, again, local_path, page, read_form, redirect

router = APIRouter(prefix="/feedback/worry")
SENT = (
    "Thank you. It is with the people here who look after such worries, and nobody else. If someone is in danger "
    "now, ring 999."
)
NOBODY_LEFT = (
    "We have it, but nobody is here now who may read it. Please ring the council’s safeguarding team today: “Help "
    "now” says how. If someone is in danger now, ring 999."
)


class WorryForm(Form):
    why: Paragraphs = ""
    about: list[UUID] = Field(default_factory=list)
    about_roles: list[Literal["administrator", "coordinator", "approver", "finance", "operator"]] = Field(
        default_factory=list
    )
    """For those who do not work here, and may not know their names."""
    at_once: str | None = None
    later: str = ""
    """Who would read it, as the page said."""
    reach: str = Field(default="", max_length=200)
    read: str = ""
    signed: bool = False
    """Whether the page said that we know who sends it."""
    idempotency_key: UUID | None = None
    messages: ClassVar[dict[str, str]] = {"reach.string_too_long": "Use 200 characters or fewer"}


@router.get("")
async def ask_worry(request: Request, who: Visitor, read: str = "", problem: Refusal = None) -> Response:
    """read: the page where staff read what worries them, which whoever gets the concern can open."""

    about, roles = ticked(request)
    read = read or str(getattr(request.state, "typed", {}).get("read", ""))

    async def work(tx: Transaction) -> tuple[Readers, list[tuple[Any, str]], list[str], str]:
        named, team = await leads.named(tx), await leads.colleagues(tx)
        whom = about_with_roles(named, team, about, roles)
        told = who_is_told(named, team, Standing(about=whom), run_out=True).everyone
        asked = [] if _works_here(who) else roles_asked_about(team)
        people = await _whom_it_may_be_about(tx, who, (*about, *told), named, team)
        return who_would_read(named, team, whom), people, asked, why_others_stand_in(named, team, whom)

    readers, people, asked_roles, why_others = await of(request).database.read(work)
    sets_aside, owner_away = await _sets_aside(request, who, _read_at(who, read))
    return page(
        request,
        "worry.html",
        who=who,
        title="Are you worried that somebody is not safe?",
        goes_to=readers.at_once,
        later=readers.later,
        why_others=why_others,
        people=people,
        about_roles=[(role, f"It is about one of {IN_WORDS[role]}") for role in asked_roles],
        hours=settings_of(request).feedback_safeguarding_hours,
        read=_read_at(who, read),
        sets_aside=sets_aside is not None,
        owner_away=owner_away,
        staff=_works_here(who),
        key=new_id(),
        problem=problem,
    )


@router.post("")
@again(ask_worry)
async def tell(request: Request, who: Visitor) -> Response:
    form, hours = await read_form(request, WorryForm), settings_of(request).feedback_safeguarding_hours
    refuse(reasons_not_to_tell_of_worry(form.why))
    if form.signed and who is None:
        refuse([NOT_SIGNED_IN_NOW])
    await ask_whom_it_is_about(of(request), form.about, form.about_roles, said=(form.at_once, form.later))
    if not _works_here(who) and not await limit_of(request, "worry").takes(request):
        refuse([TOO_MANY_WORRIES])
    read_at, reach = _read_at(who, form.read), "" if who else form.reach
    key = uuid5(form.idempotency_key or new_id(), f"tell-of-worry:{who.person_id if who else ''}")

    marked_as, owner_away = await _sets_aside(request, who, read_at)
    roles = who.opens_as if who else frozenset[Role]()

    async def work(tx: Transaction) -> dict[str, Any]:
        return await safeguarding.tell_of_worry(
            tx,
            why=form.why,
            about=form.about,
            about_roles=() if _works_here(who) else form.about_roles,
            hours=hours,
            read_at=read_at,
            reach=reach,
            works_here=_works_here(who),
            marked_as=marked_as,
            asks_as=roles if owner_away else None,
        )

    with contextlib.nullcontext() if who else apart_from_the_visit():
        actor = who.actor if who else VISITOR
        command = Command("tell-of-worry", actor, id=key)
        told = await of(request).database.run(command, work, once=True)
    if marked_as is not None:
        await sources.set_aside_at_once(of(request), UUID(told["concern_id"]), roles)
    back = "" if source_of(read_at) else read_at  # FB-09: not to words whose owner has yet to set them aside
    return redirect(back or ("/" if who else "/help-now"), SENT if told["somebody_has_it"] else NOBODY_LEFT)


def _works_here(who: SignIn | None) -> bool:
    return who is not None and who.acting_for is None and bool(who.roles & WORKS_HERE)


def _read_at(who: SignIn | None, path: str) -> str:
    """Only staff read what others wrote to us."""
    return page_read(local_path(path) or "") if _works_here(who) else ""


async def _sets_aside(request: Request, who: SignIn | None, read_at: str) -> tuple[str | None, bool]:
    """FB-09: the role in which they may set aside what they read there, as its owner says; and whether that is away."""
    if who is None or source_of(read_at) is None:
        return None, False
    try:
        return await sources.role_to_set_aside(of(request), read_at, who.person_id, who.opens_as), False
    except (ConnectionError, TimeoutError):
        return None, True


async def _whom_it_may_be_about(
    tx: Transaction, who: SignIn | None, told: Sequence[UUID], named: Named, team: Sequence[Colleague]
) -> list[tuple[UUID, str]]:
    """Whoever is ticked never sees it. Staff may tick anybody who works here or did; others, whoever would read it;
    all of them the lead and the deputy, though they are away. Visitors are told nobody's name, so they tick lead or
    deputy, and of the others their role."""
    if _works_here(who):
        return await staff_names(tx, may_be_about(named, team))
    if who is None:
        parts = {named.lead: "The safeguarding lead", named.deputy: "The deputy"}
        return [(person, parts[person]) for person in named.both]
    people = list(dict.fromkeys((*told, *named.both)))
    names = await names_of(tx, people)
    return [(person, names[person]) for person in people if person in names]
