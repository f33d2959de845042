"""Whom to ring because no message reaches them, what to say, and writing down that it was said (NOT-08)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field

from services.notifications.domain.channels import LETTER, PHONE
from services.notifications.gateways import letters, rendering, standing
from services.notifications.gateways.letters import Draft
from services.notifications.queries import letters_to_post
from services.notifications.queries import told as told_reads
from services.notifications.queries.needs import people_to_tell
from services.notifications.queries.people import name_of, names_apart
from services.notifications.use_cases import calls
from shared.db import Command, Transaction
from shared.identity import Coordinator, Role, SignIn
from shared.messaging import steps
from shared.service import Service, of
from shared.web import Form, page, read_form, redirect

router = APIRouter(prefix="/notifications/staff/calls")
AT_ONCE = 50
"""People on one page."""


class Told(Form):
    calls: list[UUID] = Field(default_factory=list)
    messages: ClassVar[dict[str, str]] = {"calls": "Tick what you told them"}


@router.get("")
async def whom_to_ring(
    request: Request,
    who: Coordinator,
    due: Annotated[AwareDatetime | None, Query()] = None,
    after: Annotated[UUID | None, Query()] = None,
) -> Response:
    """A page of the people to ring, the most urgent first."""
    since: tuple[datetime, UUID] | None = (due, after) if due and after else None
    found = await of(request).database.read(lambda tx: people_to_tell(tx, PHONE, since, AT_ONCE + 1))
    shown = found[:AT_ONCE]
    last = shown[-1] if len(found) > AT_ONCE else None
    more = {"due": last.due_at.isoformat(), "after": last.person_id} if last else None
    return page(
        request,
        "calls.html",
        who=who,
        title="People to ring",
        people=shown,
        names=names_apart(shown),
        more=more,
        now=of(request).clock.now(),
    )


@router.get("/{person_id}")
async def what_to_tell(request: Request, who: Coordinator, person_id: UUID) -> Response:
    """Their number and what to say. PRI-03: each look is written down."""
    return await _call_page(request, who, person_id)


@router.post("/{person_id}/told")
async def told(request: Request, who: Coordinator, person_id: UUID) -> Response:
    form = await read_form(request, Told)
    await of(request).database.run(
        Command("tell-by-phone", who.actor), lambda tx: calls.told(tx, person_id, form.calls, who.person_id)
    )
    return redirect("/notifications/staff/calls", "Saved: they were told.")


@router.post("/{person_id}/tried")
async def tried(request: Request, who: Coordinator, person_id: UUID) -> Response:
    await of(request).database.run(Command("nobody-answered", who.actor), lambda tx: calls.tried(tx, person_id))
    return redirect("/notifications/staff/calls", "Saved: nobody answered. It stays on the list.")


async def _call_page(request: Request, who: SignIn, person_id: UUID) -> Response:
    service = of(request)

    async def read(tx: Transaction) -> dict[str, Any]:
        found = await told_reads.what_to_tell(tx, person_id)
        await steps.add(tx, "contact-details-read", about=person_id, calls=len(found))
        no_post = await letters_to_post.address_is_wrong(tx, person_id)
        return {"name": await name_of(tx, person_id), "found": found, "no_post": no_post}

    held = await service.database.run(Command("read-whom-to-ring", who.actor), read)
    before = min((call.opened_at for call, _ in held["found"] if call.why == "held-before"), default=None)
    number, away = await _number(service, person_id, before) if held["found"] else ("", False)
    rest = await standing.what_stands(service.requests, held["found"], person_id, reader=who.person_id)
    rest |= await _what_was_entered(service, held["found"], person_id)
    return page(
        request,
        "call.html",
        who=who,
        title=f"Ring {held['name']}",
        name=held["name"],
        person_id=person_id,
        number=number,
        away=away,
        no_post=held["no_post"],
        earlier=before is not None,
        entered=_entered(held["found"]),
        may_help=any(draft.card.roles == {Role.PARTICIPANT} for _, draft in held["found"]),
        discreet=any(draft.card.discreet for _, draft in held["found"]),
        news=[_as_said(call, draft, service, rest[call.call_id]) for call, draft in held["found"]],
        now=service.clock.now(),
    )


def _entered(found: list[Any]) -> str:
    """PAY-13: for the caller, which of the person's details somebody else entered; "" if the news is not about that."""
    what = {each for call, draft in found if call.template == "contact-entered" for each in draft.facts.get("what", ())}
    return " and ".join(words for name, (_, _, words) in _HELD_AS.items() if name in what)


async def _what_was_entered(service: Service, found: list[Any], person_id: UUID) -> dict[UUID, Sequence[str] | None]:
    """PAY-13: for calls about contact details that somebody else entered, these details as we hold them now, so that
    their owner can say that they are wrong. None if `people` is away."""
    entered = {call.call_id: draft.facts["what"] for call, draft in found if call.template == "contact-entered"}
    held: dict[str, str] = {}
    try:
        for channel in sorted({_HELD_AS[each][0] for what in entered.values() for each in what}):
            question = {"person_ids": [str(person_id)], "channel": channel}
            answer = await service.requests("people.addresses.notifications", question)
            held |= answer["addresses"].get(str(person_id), {})
    except (ConnectionError, TimeoutError):
        return dict.fromkeys(entered)
    return {
        call_id: [
            f"The new {words}: {', '.join(held[field].splitlines())}"
            for _, field, words in (_HELD_AS[each] for each in what)
            if field in held
        ]
        for call_id, what in entered.items()
    }


_HELD_AS = {
    "email": ("email", "email", "email address"),
    "phone": ("phone", "phone", "phone number"),
    "postal-address": (LETTER, "postal_address", "postal address"),
}
"""For each detail that somebody entered: in which channel we ask for it, as what it comes, and what we call it."""


async def _number(service: Service, person_id: UUID, before: datetime | None) -> tuple[str, bool]:
    """The number, asked now and kept nowhere; and whether `people` is away. before: gives the number held before what
    was entered then (PAY-13)."""
    question = {"person_ids": [str(person_id)], "channel": "phone"} | (
        {"held_before": before.isoformat()} if before else {}
    )
    try:
        answer = await service.requests("people.addresses.notifications", question)
    except (ConnectionError, TimeoutError):
        return "", True
    return answer["addresses"].get(str(person_id), {}).get("phone", ""), False


def _is_theirs(line: rendering.Line) -> bool:
    """Whether the page is one where a helper does something together with the person (PEO-02)."""
    return line.shape == "link" and any(
        f"{top}/" in line.url for top in ("/payments/claims", "/opportunities", "/feedback/mine")
    )


def _as_said(call: Any, draft: Draft, service: Service, rest: Sequence[str] | None) -> dict[str, Any]:
    """rest: what the linked pages say; None if nobody could say so."""
    letter = letters.full_letter(draft, service.settings, by_phone=True, read_out=rest or ())
    theirs = next((line.url.removeprefix(service.settings.public_url) for line in letter.body if _is_theirs(line)), "")
    return {
        "call": call,
        "subject": letter.subject,
        "body": rendering.grouped([line for line in letter.body if line.shape != "link"]),
        "page": theirs,
        "lacks_the_rest": rest is None,
    }
