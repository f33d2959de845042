"""Letters to post: printing them, saying that they were posted, and that one came back (NOT-01, NOT-06, NOT-08)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.notifications.domain.channels import LETTER
from services.notifications.domain.posting import AT_ONCE, reasons_not_to_print, what_to_do_again, why_needless
from services.notifications.gateways import letters, paper, rendering, standing
from services.notifications.gateways.letters import Draft
from services.notifications.queries import letters_to_post
from services.notifications.queries import told as told_reads
from services.notifications.queries.people import name_of, names_apart
from services.notifications.use_cases import posting
from shared.clock import london_date
from shared.db import Command, Transaction
from shared.identity import Coordinator, SignIn
from shared.messaging import steps
from shared.reasons import refuse
from shared.service import Service, of
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/notifications/staff/letters")
HERE = "/notifications/staff/letters"
_AWAY = "We cannot look up the addresses or all of the words just now, so nothing was printed. Please try again soon."


class Letters(Form):
    """needless: of which the page said that they are not needed."""

    calls: list[UUID] = Field(default_factory=list, max_length=AT_ONCE)
    needless: list[UUID] = Field(default_factory=list, max_length=AT_ONCE)
    messages: ClassVar[dict[str, str]] = {"calls": "Tick the letters that you posted"}


class OneLetter(Form):
    call: UUID


@router.get("")
async def show_letters(request: Request, who: Coordinator, problem: Refusal = None) -> Response:
    service = of(request)

    async def read(tx: Transaction) -> dict[str, Any]:
        to_print, to_post = await letters_to_post.to_print(tx), await letters_to_post.to_post(tx)
        held = await letters_to_post.without_address(tx)
        known = {each.call_id: each for each in await letters_to_post.known(tx, [row.call_id for row in to_post])}
        return {
            "to_print": to_print,
            "to_post": to_post,
            "held": held,
            "names": names_apart([*to_print, *to_post, *held]),
            "about": await _subjects(tx, [*to_print, *to_post], service),
            "again": {each: what_to_do_again(letter) for each, letter in known.items()},
            "why": {each: why_needless(letter.needless) for each, letter in known.items() if letter.needless},
        }

    found, now = await service.database.read(read), service.clock.now()
    shown: dict[str, Any] = {"title": "Letters to post", "problem": problem, "most": AT_ONCE, "now": now}
    shown |= {"return_to": service.settings.postal_address}
    return page(request, "letters.html", who=who, **shown, **found)


async def _subjects(tx: Transaction, rows: Sequence[Any], service: Service) -> dict[UUID, str]:
    """By message: what its letter is about, in the words that stand on it."""
    drafts = await told_reads.drafts(tx, [row.message_id for row in rows])
    return {draft.message_id: letters.on_paper(draft, service.settings, ()).subject for draft in drafts}


@router.post("/print")
@again(show_letters)
async def print_letters(request: Request, who: Coordinator) -> Response:
    """The letters as a PDF. PRI-03: the addresses are asked for now and kept nowhere, and each look is written down."""
    form, service = await read_form(request, Letters), of(request)

    async def read(tx: Transaction) -> dict[UUID, list[tuple[Any, Draft]]]:
        refuse(reasons_not_to_print(await letters_to_post.known(tx, form.calls)))
        people = await letters_to_post.whose(tx, form.calls)
        found = {each: await told_reads.what_to_tell(tx, each, LETTER) for each in people}
        await steps.add_all(tx, "contact-details-read", [(each, {"letters": len(found[each])}) for each in people])
        return {each: [news for news in found[each] if news[0].call_id in form.calls] for each in people}

    chosen = await service.database.run(Command("read-letters", who.actor), read)
    try:
        addresses = await _addresses(service, chosen)
        sheets = await _sheets(service, chosen, addresses, who)
        pdf = await paper.as_pdf(list(sheets.values()), london_date(service.clock.now()), service.settings)
    except (ConnectionError, TimeoutError, paper.CannotPrint) as error:
        service.log.error("letters-not-printed", error=type(error).__name__, letters=len(form.calls))
        return redirect(HERE, _AWAY, done=False)
    nowhere = [row.call_id for news in chosen.values() for row, _ in news if row.call_id not in addresses]

    async def mark(tx: Transaction) -> None:
        await posting.has_no_address(tx, nowhere)
        await posting.printed(tx, {each: addresses[each].nth for each in sheets})

    await service.database.run(Command("print-letters", who.actor), mark)
    if not sheets:
        return redirect(HERE, _NO_ADDRESS if nowhere else _AWAY, done=False)
    headers = {"Content-Disposition": 'attachment; filename="letters.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


class _Address(NamedTuple):
    """lines: of the envelope; nth: how often it has changed, None if `people` does not say so yet."""

    lines: list[str]
    nth: int | None


async def _sheets(
    service: Service, chosen: Mapping[UUID, Any], addresses: Mapping[UUID, _Address], who: SignIn
) -> dict[UUID, paper.Sheet]:
    """By call. Left out: who has no address, and what nobody can say in full just now."""
    sheets: dict[UUID, paper.Sheet] = {}
    for person_id, news in chosen.items():
        rest = await standing.what_stands(service.requests, news, person_id, reader=who.person_id)
        for row, draft in news:
            if row.call_id in addresses and (words := rest[row.call_id]) is not None:
                written = letters.on_paper(draft, service.settings, words)
                address = addresses[row.call_id].lines
                sheets[row.call_id] = paper.Sheet(row.number, address, written, draft.card.discreet)
    return sheets


_NO_ADDRESS = "We hold no address for them now, so nothing was printed. They are told in another way."


async def _addresses(service: Service, people: Mapping[UUID, Any]) -> dict[UUID, _Address]:
    """By call. Left out: who has no address."""
    found: dict[UUID, _Address] = {}
    at = await _held(service, list(people))
    for person_id, news in people.items():
        for row, _ in news:
            held = at
            if row.why == "held-before":
                held = await _held(service, [person_id], held_before=row.opened_at.isoformat())
            if person_id in held:
                found[row.call_id] = held[person_id]
    return found


async def _held(service: Service, people: Sequence[UUID], **before: str) -> dict[UUID, _Address]:
    """before: whose address is meant, the one that they had then (PAY-13)."""
    question = {"person_ids": [str(each) for each in people], "channel": LETTER, **before}
    held = (await service.requests("people.addresses.notifications", question))["addresses"].items()
    return {
        UUID(each): _Address(address["postal_address"].split("\n"), address.get("post_changes"))
        for each, address in held
        if address.get("postal_address")
    }


@router.post("/posted")
@again(show_letters)
async def posted(request: Request, who: Coordinator) -> Response:
    form = await read_form(request, Letters)
    work = lambda tx: posting.posted(tx, form.calls, who.person_id, form.needless)  # noqa: E731
    await of(request).database.run(Command("say-that-they-are-posted", who.actor), work)
    return redirect(HERE, "Saved: they are in the post.")


@router.post("/not-posted")
async def not_posted(request: Request, who: Coordinator) -> Response:
    form = await read_form(request, OneLetter)
    await of(request).database.run(Command("leave-letter-out", who.actor), lambda tx: posting.not_posted(tx, form.call))
    return redirect(HERE, "Saved: that letter was not posted.")


@router.get("/posted")
async def show_posted(request: Request, who: Coordinator, after: str = "") -> Response:
    """Where somebody says that one came back."""
    service = of(request)

    async def read(tx: Transaction) -> dict[str, Any]:
        found, next_after = await letters_to_post.posted(tx, after)
        about = await _subjects(tx, found, service)
        return {"letters": found, "next_after": next_after, "names": names_apart(found), "about": about}

    shown = await service.database.read(read)
    return page(request, "letters-posted.html", who=who, title="Letters that we posted", **shown)


@router.post("/came-back")
async def came_back(request: Request, who: Coordinator) -> Response:
    form = await read_form(request, OneLetter)
    await of(request).database.run(
        Command("say-that-it-came-back", who.actor), lambda tx: posting.came_back(tx, form.call)
    )
    return redirect(f"{HERE}/posted", "Saved: it came back. We tell them in another way.")


@router.get("/{person_id}")
async def what_they_say(request: Request, who: Coordinator, person_id: UUID) -> Response:
    """The letters that wait for one person, in their words, without the address."""
    service = of(request)

    async def read(tx: Transaction) -> tuple[Any, list[tuple[Any, Draft]]]:
        return await name_of(tx, person_id), await told_reads.what_to_tell(tx, person_id, LETTER)

    name, found = await service.database.read(read)
    return page(
        request,
        "letters-of.html",
        who=who,
        title=f"Letters to {name}",
        news=[_as_written(row, draft, service, who) for row, draft in found],
        now=service.clock.now(),
    )


def _as_written(row: Any, draft: Draft, service: Service, who: SignIn) -> dict[str, Any]:
    letter = letters.on_paper(draft, service.settings, ())
    needless = why_needless(row.needless) if row.needless else ""
    return {"call": row, "subject": letter.subject, "body": rendering.grouped(letter.body), "needless": needless}
