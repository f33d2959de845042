"""Keys of other organisations: comparing what one reads out by telephone with what it announced, and accepting it."""

import re
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, Response

from services.operators.finding import services_of
from services.operators.gateways import Found, Silent
from shared.identity import Role, Session, only
from shared.reasons import Missing, Reason, Refused
from shared.web import Form, InvalidForm, page, read_form, redirect

router = APIRouter(prefix="/operator/keys")
Operator = Annotated[Session, Depends(only(Role.OPERATOR))]
ConfirmedOperator = Annotated[Session, Depends(only(Role.OPERATOR, recently=True))]
Organisation = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
DIGITS = 30


class HeardForm(Form):
    messages: ClassVar[dict[str, str]] = {"heard": f"Type the {DIGITS} digits that they read to you"}
    heard: str


@router.get("")
async def all_keys(request: Request, who: Operator) -> HTMLResponse:
    try:
        found = await services_of(request).keys()
    except Silent:
        found = None
    return page(request, "keys.html", who=who, title="Keys of other organisations", found=found, digits=DIGITS, since=datetime.fromisoformat)


@router.get("/{organisation}")
async def compare(request: Request, who: Operator, organisation: Organisation) -> HTMLResponse:
    return await _page(request, who, organisation)


async def _page(request: Request, who: Session, organisation: str, problem: InvalidForm | Refused | None = None) -> HTMLResponse:
    other: Found | None = None
    try:
        found = await services_of(request).keys()
        other = next((each for each in found["others"] if each["organisation"] == organisation), None)
        if other is None:
            raise Missing
    except Silent:
        problem = problem or _refused("The gateway does not answer. Nothing was changed. Try again in a minute.")
    title = f"Is this really {other['display_name']}?" if other else "Keys of other organisations"
    return page(request, "key.html", who=who, title=title, other=other, problem=problem, digits=DIGITS)


@router.post("/{organisation}")
async def accept(request: Request, who: ConfirmedOperator, organisation: Organisation) -> Response:
    """The digits are typed as they are heard: the page never shows those of the new key, so that nobody agrees without having rung."""
    try:
        heard = fingerprint_in((await read_form(request, HeardForm)).heard)
        answer = await services_of(request).trust(organisation, heard)
    except Silent:
        return await _page(request, who, organisation, _refused("The gateway does not answer. Nothing was changed. Try again in a minute."))
    except (InvalidForm, Refused) as problem:
        return await _page(request, who, organisation, problem)
    if answer.done:
        return redirect("/operator/keys", answer.text)
    return await _page(request, who, organisation, _refused(answer.text, "heard"))


def fingerprint_in(heard: str) -> str:
    """Six groups of five digits, however they were typed. Refused if they are not thirty."""
    digits = re.sub(r"[\s.,;/-]", "", heard)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        raise _refused(f"Those are not {DIGITS} digits. Listen again, five at a time", "heard")
    return " ".join(digits[start : start + 5] for start in range(0, DIGITS, 5))


def _refused(text: str, field: str | None = None) -> Refused:
    return Refused([Reason("NET-04", text, field)])
