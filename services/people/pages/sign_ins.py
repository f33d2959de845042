"""Where somebody is signed in: a list, and the way to end each."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.people import queries
from services.people.use_cases import signing_in
from shared.db import Command
from shared.identity import SignedIn
from shared.service import of
from shared.web import page, redirect

routes = APIRouter(prefix="/people/me/sign-ins")


@routes.get("")
async def show_sign_ins(request: Request, who: SignedIn, after: str = "") -> Response:
    sign_ins, next_after = await of(request).database.read(lambda tx: queries.sign_ins_of(tx, who.person_id, after))
    lists = {"sign_ins": sign_ins, "after": after, "next_after": next_after}
    return page(request, "sign-ins.html", who=who, title="Where you are signed in", **lists)


@routes.post("/end-others")
async def end_others(request: Request, who: SignedIn) -> Response:
    await of(request).database.run(
        Command("end-sign-ins", who.actor), lambda tx: signing_in.end_others(tx, who.person_id, who.sign_in_id)
    )
    return redirect("/people/me/sign-ins", "All others are ended.")


@routes.post("/{sign_in_id}/end")
async def end_one(request: Request, who: SignedIn, sign_in_id: UUID) -> Response:
    await of(request).database.run(
        Command("end-sign-in", who.actor),
        lambda tx: signing_in.end_own(tx, who.person_id, sign_in_id, here=who.sign_in_id),
    )
    return redirect(
        "/people/me/sign-ins" if sign_in_id != who.sign_in_id else "/people/sign-in", "That sign-in is ended."
    )
