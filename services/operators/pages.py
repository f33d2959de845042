"""Pages for those who run the system: its state, a claim's whole way, and messages that could not be handled."""

import asyncio
import json
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.operators import domain, told
from services.operators.finding import find_way, services_of, spans_of_way, stream_states
from services.operators.gateways import Found, Silent
from services.operators.spans import MOST_SHOWN
from services.operators.waterfall import WIDTH, belonging, charts, graphs
from services.operators.way import claim_in
from shared.foreign import json_in
from shared.identity import ConfirmedOperator, Operator, SignIn
from shared.messaging.dead_letters import CLOSED_BECAUSE
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/operator")


@router.get("")
async def home(request: Request, who: Operator) -> HTMLResponse:
    services = services_of(request)
    states, rules, streams = await asyncio.gather(
        services.states(), request.app.state.rules.look(services), stream_states(of(request).nats())
    )
    answered = [(name, state) for name, state in states.items() if state is not None]
    return page(
        request,
        "home.html",
        who=who,
        title="How the system stands",
        services=[(name, states[name], _wrong(states[name]), rules[name]) for name in services.names],
        behind=domain.who_is_behind({name: state.get("business_offset_seconds") for name, state in answered}),
        streams=streams,
    )


def _wrong(state: Found | None) -> list[str]:
    """What is wrong, in words."""
    if state is None:
        return ["It does not answer."]
    return [f"{check.capitalize()}: {answer}." for check, answer in state["checks"].items() if answer != "ok"]


class WhichClaim(Form):
    claim: str
    messages: ClassVar[dict[str, str]] = {"claim": domain.NOT_A_CLAIM.text}


@router.get("/claims")
async def ask_which_claim(request: Request, who: Operator) -> Response:
    return _find_page(request, who)


def _find_page(request: Request, who: SignIn, problem: Refusal = None, status: int = 200) -> HTMLResponse:
    return page(request, "find_claim.html", status=status, who=who, title="Follow a claim", problem=problem)


@router.post("/claims")
@again(_find_page)
async def find_claim(request: Request, who: Operator) -> Response:
    """Posted, because people may paste anything; only the claim's id goes into an address."""
    form = await read_form(request, WhichClaim)
    try:
        return redirect(f"/operator/claims/{claim_in(form.claim)}")
    except ValueError:
        refuse(domain.NOT_A_CLAIM)


@router.get("/claims/{claim_id}")
async def claim_way(request: Request, who: Operator, claim_id: UUID) -> HTMLResponse:
    way = await find_way(services_of(request), claim_id)
    if not way.steps and not way.silent:
        return _find_page(request, who, Refused([domain.NO_SUCH_CLAIM]), status=404)
    found = await spans_of_way(of(request).database, way)
    own = belonging(found[:MOST_SHOWN], way)
    return page(
        request,
        "claim.html",
        who=who,
        title="A claim’s whole way",
        claim_id=claim_id,
        way=way,
        problems=way.problems(),
        most_spans=MOST_SHOWN if len(found) > MOST_SHOWN else None,
        told=told,
        charts=charts(own),
        graphs=graphs(own),
        chart_width=WIDTH,
    )


@router.get("/dead-letters")
async def dead_letters(request: Request, who: Operator, all: bool = False) -> HTMLResponse:
    services = services_of(request)
    asked = {name: after for name in services.names if (after := request.query_params.get(name))}
    found = await services.dead_letters(asked, replayed_too=all)
    kept = asked | ({"all": "true"} if all else {})
    return page(
        request,
        "dead_letters.html",
        who=who,
        title="Messages that could not be handled",
        found=found,
        kept=kept,
        replayed_too=all,
    )


@router.get("/dead-letters/{service}/{dead_letter_id}")
async def dead_letter(
    request: Request, who: Operator, service: str, dead_letter_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    return await _dead_letter_page(request, who, service, dead_letter_id, problem)


class WhyClosed(Form):
    because: Literal["stray", "unreadable", "settled"]
    messages: ClassVar[dict[str, str]] = {"because": "Choose why nobody will try it again"}


@router.post("/dead-letters/{service}/{dead_letter_id}/close")
@again(dead_letter)
async def close(request: Request, who: ConfirmedOperator, service: str, dead_letter_id: UUID) -> Response:
    services = services_of(request)
    if service not in services.names:
        raise Missing
    form = await read_form(request, WhyClosed)
    try:
        answer = await services.close(service, dead_letter_id, form.because)
    except Silent:
        refuse(domain.silent(service, asked_to_act=True))
    if not answer.done:
        refuse(domain.told(answer.text))
    return redirect("/operator/dead-letters", answer.text)


@router.post("/dead-letters/{service}/{dead_letter_id}/replay")
async def replay(request: Request, who: ConfirmedOperator, service: str, dead_letter_id: UUID) -> Response:
    services = services_of(request)
    if service not in services.names:
        raise Missing
    try:
        answer = await services.replay(service, dead_letter_id)
    except Silent:
        return await _dead_letter_page(
            request, who, service, dead_letter_id, Refused([domain.silent(service, asked_to_act=True)])
        )
    if answer.done:
        return redirect("/operator/dead-letters", answer.text)
    return await _dead_letter_page(request, who, service, dead_letter_id, Refused([domain.told(answer.text)]))


async def _dead_letter_page(
    request: Request, who: SignIn, service: str, dead_letter_id: UUID, problem: Refusal = None
) -> HTMLResponse:
    services = services_of(request)
    if service not in services.names:
        raise Missing
    try:
        dead_letter = await services.dead_letter(service, dead_letter_id)
    except Silent:
        dead_letter, problem = {}, problem or Refused([domain.silent(service, asked_to_act=False)])
    if dead_letter is None:
        raise Missing
    return page(
        request,
        "dead_letter.html",
        who=who,
        title="A message that could not be handled",
        service=service,
        dead_letter=dead_letter,
        body=_readable(dead_letter),
        closed_because=CLOSED_BECAUSE,
        problem=problem,
    )


def _readable(dead_letter: dict[str, Any]) -> str:
    """The message's data, spread over lines if it is JSON."""
    try:
        return json.dumps(json_in(dead_letter.get("body", "")), indent=2, ensure_ascii=False)
    except ValueError:
        return dead_letter.get("body", "")
