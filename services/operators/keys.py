"""Keys of other organisations: comparing what they read out by telephone with what they announced, and accepting it."""

from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from services.operators import domain
from services.operators.finding import services_of
from services.operators.gateways import Found, Silent
from shared.identity import ConfirmedOperator, Operator
from shared.reasons import Missing, Refused, refuse
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/operator/keys")
Organisation = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,30}$")]


class HeardForm(Form):
    messages: ClassVar[dict[str, str]] = {"heard": f"Type the {domain.DIGITS} digits that they read to you"}
    heard: str


async def _keys(request: Request) -> Found:
    found = await services_of(request).keys()
    others = [{**each, "called": domain.called(each["organisation"], each["display_name"])} for each in found["others"]]
    return {**found, "others": others}


@router.get("")
async def all_keys(request: Request, who: Operator) -> HTMLResponse:
    try:
        found = await _keys(request)
    except Silent:
        found = None
    return page(
        request,
        "keys.html",
        who=who,
        title="Keys of other organisations",
        found=found,
        digits=domain.DIGITS,
        since=datetime.fromisoformat,
    )


@router.get("/{organisation}")
async def compare(request: Request, who: Operator, organisation: Organisation, problem: Refusal = None) -> HTMLResponse:
    other: Found | None = None
    try:
        found = await _keys(request)
        other = next((each for each in found["others"] if each["organisation"] == organisation), None)
        if other is None:
            raise Missing
    except Silent:
        problem = problem or Refused([domain.GATEWAY_SILENT])
    title = f"Is this really {other['called']}?" if other else "Keys of other organisations"
    return page(request, "key.html", who=who, title=title, other=other, problem=problem, digits=domain.DIGITS)


@router.post("/{organisation}")
@again(compare)
async def accept(request: Request, who: ConfirmedOperator, organisation: Organisation) -> Response:
    """Operators type the digits that they hear. The page never shows those of the new key, so nobody can agree without
    ringing."""
    heard = domain.fingerprint_in((await read_form(request, HeardForm)).heard)
    try:
        answer = await services_of(request).trust(organisation, heard)
    except Silent:
        refuse(domain.GATEWAY_SILENT)
    if not answer.done:
        refuse(domain.told_of_keys(answer.text))
    return redirect("/operator/keys", answer.text)
