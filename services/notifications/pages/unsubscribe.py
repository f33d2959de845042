"""The page behind the link in a mail that switches off one kind of message, without signing in (NOT-02, RFC 8058)."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from services.notifications.domain.messages import KINDS, Kind
from services.notifications.gateways import unsubscribing
from services.notifications.queries.told import has_opted_out, unsubscribe_key
from services.notifications.use_cases.unsubscribing import unsubscribe
from shared.db import VISITOR, Command, Transaction
from shared.identity import Visitor
from shared.reasons import Missing
from shared.service import of
from shared.web import page, redirect

router = APIRouter(prefix="/notifications/unsubscribe")
BY_LINK = VISITOR


async def _whose(tx: Transaction, token: str) -> tuple[UUID, Kind]:
    found = unsubscribing.read(await unsubscribe_key(tx), token)
    if found is None:
        raise Missing
    return found


@router.get("/{token}")
async def ask(request: Request, who: Visitor, token: str) -> Response:
    """Changes nothing, because programs that check mail for harm follow every link in it."""

    async def read(tx: Transaction) -> tuple[Kind, bool]:
        person_id, kind = await _whose(tx, token)
        return kind, await has_opted_out(tx, person_id, kind)

    kind, done = await of(request).database.read(read)
    what = KINDS[kind].switches_off
    title = f"You will get no more {what}" if done else f"Do you want no more {what}?"
    return page(
        request,
        "unsubscribe.html",
        who=who,
        title=title,
        what=what,
        done=done,
        headers={"Referrer-Policy": "no-referrer"},
    )


@router.post("/{token}")
async def switch_off(request: Request, who: Visitor, token: str) -> Response:
    """From the button of our page, or from the mail program, which follows no redirect (RFC 8058)."""

    async def work(tx: Transaction) -> None:
        await unsubscribe(tx, *await _whose(tx, token))

    await of(request).database.run(Command("unsubscribe", BY_LINK), work)
    if (await request.form()).get("List-Unsubscribe") == "One-Click":
        return PlainTextResponse("Done. You will get no more of these.\n")
    return redirect(f"/notifications/unsubscribe/{token}")
