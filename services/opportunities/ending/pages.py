"""Ending an opportunity: what is missing, the outcome, finishing, closing (OPP-12)."""

from collections.abc import Awaitable, Callable
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.ending.domain import (
    EndingFacts,
    missing_before_close,
    reasons_not_to_close,
    reasons_not_to_finish,
    reasons_not_to_write_ending,
)
from services.opportunities.ending.use_cases import ending
from services.opportunities.places.queries import how_full
from services.opportunities.telling.domain import Reach, some_of, who_is_thanked, who_is_told
from services.opportunities.telling.queries import reach_of
from services.opportunities.words.pages import STATES, before_ending
from shared.db import Command, Transaction
from shared.identity import Coordinator, Role, SignIn
from shared.reasons import Refused
from shared.service import of
from shared.text import all_of
from shared.web import Form, Paragraphs, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/opportunities/staff/{opportunity_id:uuid}")


class OutcomeForm(Form):
    outcome: Paragraphs = Field(max_length=5000)
    messages: ClassVar[dict[str, str]] = {"outcome.missing": "Write what came of it"}


class EarlyForm(Form):
    reason: Paragraphs = Field(default="", max_length=1000)
    messages: ClassVar[dict[str, str]] = {"reason.string_too_long": "Use 1,000 characters or fewer"}


@router.get("/close")
async def what_is_missing(request: Request, who: Coordinator, opportunity_id: UUID) -> HTMLResponse:
    return await _close_page(request, who, opportunity_id)


@router.get("/close/ask")
async def ask_before_closing(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    here = f"/opportunities/staff/{opportunity_id}/close"
    found, facts, _ = await _as_it_is(request, opportunity_id)
    if reasons_not_to_close(found.facts.state, facts):
        return redirect(here)
    thanked = who_is_thanked(await _unreached(request, opportunity_id))
    asks = "" if facts.asked_to_stay else ", which asks whether they want to stay involved"
    missing = " What is missing stays listed." if missing_before_close(facts) else ""
    return before_ending(
        request,
        who,
        "Close it?",
        ends="Our work on it: it is a task for nobody any more, and nobody waits for a place. Everyone who took part "
        f"gets a thank-you message now{asks}. "
        f"{thanked} This cannot be undone.",
        stays=f"Its public page, and claims and feedback that still wait.{missing}",
        action=here,
        button="Close it",
        back=(here, "Ending it well"),
        caption=found.facts.title,
    )


@router.get("/finish")
async def ask_before_finishing(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    """Asks, if nobody must be told a reason. With people and coming sessions, the page of ending asks for it."""
    here = f"/opportunities/staff/{opportunity_id}"
    found = await of(request).database.read(lambda tx: how_full.opportunity(tx, opportunity_id))
    facts = await of(request).database.read(lambda tx: ending.ending_facts(tx, opportunity_id))
    if reasons_not_to_finish(found.facts.state) or (facts.is_ahead and _people(found)):
        return redirect(f"{here}/close")
    return before_ending(
        request,
        who,
        "Mark it finished?",
        ends=_finish_ends(facts),
        stays=_finish_stays(facts),
        action=f"{here}/finish",
        button="Yes, mark it finished",
        back=(f"{here}/close", "Ending it well"),
        caption=found.facts.title,
    )


def _finish_ends(facts: EndingFacts) -> str:
    to_come = facts.sessions_to_come
    which = all_of(to_come, "session still to come will", "sessions still to come will")
    sessions = f" {which[:1].upper()}{which[1:]} not happen." if to_come else ""
    waiting = ", and nobody moves up from the waiting list" if facts.begun else ""
    return f"Nobody new can join{waiting}.{sessions} This cannot be undone."


def _finish_stays(facts: EndingFacts) -> str:
    if not facts.begun:
        return "Its public page, which says that it has ended."
    return "Everyone’s place and claim, the registers, feedback, and what is still missing."


def _people(found: how_full.Opportunity) -> int:
    """The people who have a place, wait for one or were offered one."""
    return found.taken + found.waiting + found.offered


async def _as_it_is(request: Request, opportunity_id: UUID) -> tuple[how_full.Opportunity, EndingFacts, Reach]:
    async def work(tx: Transaction) -> tuple[how_full.Opportunity, EndingFacts, Reach]:
        return (
            await how_full.opportunity(tx, opportunity_id),
            await ending.ending_facts(tx, opportunity_id),
            await reach_of(tx, opportunity_id),
        )

    return await of(request).database.read(work)


async def _close_page(request: Request, who: SignIn, opportunity_id: UUID, problem: Refusal = None) -> HTMLResponse:
    found, facts, reach = await _as_it_is(request, opportunity_id)
    state, to_come = found.facts.state, facts.sessions_to_come
    whose, unreached = await of(request).database.read(lambda tx: _names(tx, opportunity_id))
    return page(
        request,
        "ending/close.html",
        who=who,
        title="Ending it well",
        problem=problem,
        opportunity=found.facts,
        state=STATES[state],
        missing=reasons_not_to_write_ending(state, begun=facts.begun) or missing_before_close(facts),
        ways=_where_it_is_done(who, opportunity_id),
        whose={"claims": some_of(whose)},
        to_come=to_come,
        open_until=facts.open_until,
        told=who_is_told(reach),
        thanked=who_is_thanked(len(unreached), some_of(unreached)),
        people=_people(found),
        finish_ends=_finish_ends(facts),
        finish_stays=_finish_stays(facts),
        to_begin=state == "published" and not facts.begun,
        can_finish=not reasons_not_to_finish(state),
        can_close=not reasons_not_to_close(state, facts),
    )


async def _names(tx: Transaction, opportunity_id: UUID) -> tuple[list[str], list[str]]:
    """Whose claims wait, and whom no message reaches."""
    return await ending.whose_claims_wait(tx, opportunity_id), await ending.whom_no_thanks_reach(tx, opportunity_id)


def _where_it_is_done(who: SignIn, opportunity_id: UUID) -> dict[str, str]:
    """Where each thing that is missing is done. Claims are settled by approvers alone."""
    its = f"/opportunities/staff/{opportunity_id}"
    ways = {
        "sessions": f"{its}#sessions",
        "thanked": "#write-thanked",
        "asked": "#write-asked",
        "outcome": f"{its}/outcome",
        "feedback": "/feedback/staff",
        "needs": f"{its}/needs",
    }
    return ways | ({"claims": "/payments/approve"} if Role.APPROVER in who.roles else {})


@router.post("/close")
@again(_close_page)
async def close(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    thanked = who_is_thanked(await _unreached(request, opportunity_id))
    message = f"It is closed. A thank-you goes to who took part. {thanked}".strip()
    return await _do(request, who, opportunity_id, "close-opportunity", ending.close, message)


@router.post("/finish")
@again(_close_page)
async def finish(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    """With coming sessions, the form has the reason for people with a place."""
    host = of(request).settings.host
    reason = (await read_form(request, EarlyForm)).reason
    told = f" {who_is_told(await _reach(request, opportunity_id))}" if reason else ""
    message = f"It is marked finished. What is still missing stays listed.{told}"
    return await _do(
        request, who, opportunity_id, "finish-opportunity", lambda tx, it: ending.finish(tx, it, reason, host), message
    )


@router.post("/sessions-to-come/cancel")
@again(_close_page)
async def cancel_sessions_to_come(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    host = of(request).settings.host
    reason = (await read_form(request, EarlyForm)).reason
    message = f"The sessions to come are cancelled. {who_is_told(await _reach(request, opportunity_id))}"
    return await _do(
        request,
        who,
        opportunity_id,
        "cancel-sessions",
        lambda tx, it: ending.cancel_sessions_to_come(tx, it, reason, host),
        message,
    )


@router.post("/thanked")
@again(_close_page)
async def mark_thanked(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    return await _do(request, who, opportunity_id, "mark-thanked", ending.mark_thanked, "Saved: people are thanked.")


@router.post("/asked")
@again(_close_page)
async def mark_asked_to_stay(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    message = "Saved: people were asked whether they want to stay involved."
    return await _do(request, who, opportunity_id, "mark-asked-to-stay", ending.mark_asked_to_stay, message)


@router.get("/outcome")
async def outcome(request: Request, who: Coordinator, opportunity_id: UUID, problem: Refusal = None) -> HTMLResponse:
    async def work(tx: Transaction):
        return await how_full.opportunity(tx, opportunity_id), await ending.ending_facts(tx, opportunity_id)

    found, facts = await of(request).database.read(work)
    if reasons := reasons_not_to_write_ending(found.facts.state, begun=facts.begun):
        return await _close_page(request, who, opportunity_id, Refused(reasons))
    return page(
        request, "ending/outcome.html", who=who, title="What came of it?", problem=problem, opportunity=found.facts
    )


@router.post("/outcome")
@again(outcome)
async def write_outcome(request: Request, who: Coordinator, opportunity_id: UUID) -> Response:
    form = await read_form(request, OutcomeForm)
    await of(request).database.run(
        Command("write-outcome", who.actor),
        lambda tx: ending.write_outcome(tx, opportunity_id, form.outcome, of(request).settings.host),
    )
    return redirect(f"/opportunities/staff/{opportunity_id}/close", "The outcome is saved. Everyone can read it.")


async def _unreached(request: Request, opportunity_id: UUID) -> int:
    return len(await of(request).database.read(lambda tx: ending.whom_no_thanks_reach(tx, opportunity_id)))


async def _reach(request: Request, opportunity_id: UUID) -> Reach:
    return await of(request).database.read(lambda tx: reach_of(tx, opportunity_id))


async def _do(
    request: Request,
    who: SignIn,
    opportunity_id: UUID,
    name: str,
    use_case: Callable[[Transaction, UUID], Awaitable[None]],
    message: str,
) -> Response:
    await of(request).database.run(Command(name, who.actor), lambda tx: use_case(tx, opportunity_id))
    return redirect(f"/opportunities/staff/{opportunity_id}/close", message)
