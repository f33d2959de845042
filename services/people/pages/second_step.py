"""The second step of those who move money, run the system or give roles: setting it up, giving it, taking it away."""

from datetime import timedelta
from typing import ClassVar, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from services.people import queries
from services.people.domain import passkeys as passkey_rules
from services.people.domain.cards import KNOWN_NUMBER_DAYS
from services.people.domain.people import display_name
from services.people.gateways import factors as gateway
from services.people.gateways import passkeys as passkey_gateway
from services.people.gateways.ports import gateways
from services.people.pages.keeping_drafts import KEPT, held_secrets
from services.people.pages.machine_time import machine_now
from services.people.pages.sign_in import mailed, with_renewed
from services.people.pages.slowing import remember_second_step, slow_down_factor, slow_down_proof
from services.people.use_cases import factors, passkeys
from shared.db import Command, Transaction
from shared.identity import Administrator, Confirmed, ConfirmedAdministrator, SignedIn, SignIn
from shared.service import of
from shared.web import Form, Refusal, again, local_path, page, read_form, redirect

routes = APIRouter(prefix="/people")
SET_UP = "/people/second-step"


class StepForm(Form):
    code: str
    messages: ClassVar[dict[str, str]] = {"code": "Write the 6 digits that your app shows, or a recovery code"}


class AnswerForm(Form):
    answer: Literal["confirmed", "refused"]
    mark: str = ""


def _onward(next: str) -> str:
    return f"?next={quote(target, safe='')}" if (target := local_path(next)) else ""


@routes.get("/confirm")
async def show_confirm(request: Request, who: SignedIn, next: str = "") -> Response:
    if not await of(request).database.read(lambda tx: factors.has_factor(tx, who.person_id)):
        return redirect(SET_UP + _onward(next))
    return await confirm_page(request, who)


def site_here(request: Request) -> passkey_rules.Site | None:
    """What passkeys are bound to: our own public address, never the host in the request."""
    return passkey_gateway.site_of(of(request).settings.public_url)


async def confirm_page(request: Request, who: SignIn, problem: Refusal = None) -> Response:
    """Adds a button for a passkey, for people who have one that works here."""
    site, now, options = site_here(request), machine_now(), None
    held = passkeys.usable(await of(request).database.read(lambda tx: passkeys.all_of(tx, who.person_id)), site)
    if site is not None and held:
        challenge = await of(request).database.run(
            Command("begin-confirming", who.actor), lambda tx: passkeys.begin(tx, who.sign_in_id, "confirm", now)
        )
        options = passkey_gateway.to_ask(site, challenge, held)
    next = quote(local_path(request.query_params.get("next", "")) or "/", safe="")
    kept = next == quote(KEPT, safe="") and bool(held_secrets(request))
    return page(
        request,
        "confirm.html",
        who=who,
        title="Confirm that it is you",
        problem=problem,
        options=options,
        next=next,
        kept=kept,
    )


@routes.post("/confirm")
@again(confirm_page)
async def confirm(request: Request, who: SignedIn, next: str = "") -> Response:
    now, hash_of, vault = machine_now(), gateways(request).tokens.hash_of_code, gateways(request).factors
    code = (await read_form(request, StepForm)).code
    await slow_down_factor(request, who)

    async def work(tx: Transaction) -> int | None:
        return await factors.confirm(tx, who.person_id, who.sign_in_id, code, vault, hash_of, now)

    left = await of(request).database.run(Command("confirm-with-second-step", who.actor), work)
    said = None if left is None else f"You used a recovery code. It will not work again. You have {left} left."
    return await confirmed(request, redirect(local_path(next) or "/", said), who)


async def confirmed(request: Request, response: Response, who: SignIn) -> Response:
    """Responds to a correct second step: this sign-in is confirmed, and this browser is known."""
    return remember_second_step(request, await with_renewed(request, response, who.sign_in_id), who.person_id)


@routes.get("/second-step")
async def show_set_up(request: Request, who: SignedIn, next: str = "", problem: Refusal = None) -> Response:
    now, vault = machine_now(), gateways(request).factors

    async def work(tx: Transaction) -> tuple[str | None, str]:
        if await factors.has_factor(tx, who.person_id):
            return None, ""
        return await factors.begin(tx, who.person_id, who.sign_in_id, vault, now), await factors.address_of(
            tx, who.person_id
        ) or ""

    secret, account = await of(request).database.run(Command("begin-second-step", who.actor), work)
    if secret is None:
        held = await of(request).database.read(lambda tx: passkeys.all_of(tx, who.person_id))
        recovery = await of(request).database.read(lambda tx: factors.recovery_codes_of(tx, who.person_id))
        context = {
            "recovery": recovery,
            "passkeys": held,
            "can_add": site_here(request) is not None,
            "most": passkey_rules.MOST,
        }
        return page(request, "second-step-there.html", who=who, title="Your second step", **context)
    address = gateway.address_of(secret, of(request).settings.organisation_name, account)
    shown = {"address": address, "picture": Markup(gateway.picture_of(address)), "secret": secret}
    return page(request, "second-step.html", who=who, title="Set up a second step", problem=problem, **shown)


@routes.post("/second-step")
@again(show_set_up)
async def set_up(request: Request, who: SignedIn, next: str = "") -> Response:
    now, codes = machine_now(), gateway.new_recovery_codes()
    hash_of, vault = gateways(request).tokens.hash_of_code, gateways(request).factors
    code = (await read_form(request, StepForm)).code
    await slow_down_proof(request, who)

    async def work(tx: Transaction) -> str | None:
        await factors.finish(tx, who.person_id, who.sign_in_id, code, codes, vault, hash_of, now)
        return await factors.address_of(tx, who.person_id)

    email = await of(request).database.run(Command("set-up-second-step", who.actor), work)
    if email:
        await mailed(request, email, "second-step", "A change to your sign-in at", what="set up")
    return await confirmed(request, _codes_page(request, who, codes, local_path(next) or "/", begins=True), who)


@routes.post("/second-step/recovery-codes")
async def make_recovery_codes(request: Request, who: Confirmed) -> Response:
    codes, hash_of = gateway.new_recovery_codes(), gateways(request).tokens.hash_of_code
    await of(request).database.run(
        Command("make-recovery-codes", who.actor),
        lambda tx: factors.make_recovery_codes(tx, who.person_id, codes, hash_of),
    )
    return _codes_page(request, who, codes, SET_UP)


def _codes_page(request: Request, who: SignIn, codes: list[str], onward: str, *, begins: bool = False) -> Response:
    shown = {"codes": codes, "onward": onward, "begins": begins}
    return page(request, "recovery-codes.html", who=who, title="Keep your recovery codes", **shown)


# Two administrators take it away


@routes.get("/staff/people/{person_id}/second-step")
async def show_reset(request: Request, who: Administrator, person_id: UUID, problem: Refusal = None) -> Response:
    async def read(tx: Transaction) -> tuple[object, ...]:
        waiting, mark = await factors.waiting_reset(tx, person_id), await factors.mark_of_reset(tx, person_id)
        before = await queries.reached_before(tx, person_id, machine_now() - timedelta(days=KNOWN_NUMBER_DAYS))
        return await queries.person(tx, person_id), await factors.has_factor(tx, person_id), waiting, mark, before

    person, has_factor, waiting, mark, before = await of(request).database.read(read)
    name = display_name(person.name, person.known_as)  # pyrefly: ignore
    context = {
        "person_id": person_id,
        "name": name,
        "has_factor": has_factor,
        "waiting": waiting,
        "mark": mark,
        "before": before,
    }
    return page(
        request, "staff/second-step.html", who=who, title=f"The second step of {name}", problem=problem, **context
    )


@routes.post("/staff/people/{person_id}/second-step")
@again(show_reset)
async def ask_for_reset(request: Request, who: ConfirmedAdministrator, person_id: UUID) -> Response:
    now = machine_now()
    command = Command("ask-for-second-step-reset", who.actor)
    await of(request).database.run(command, lambda tx: factors.ask_for_reset(tx, person_id, who.person_id, now))
    return redirect(
        f"/people/staff/people/{person_id}/second-step",
        "You have asked for it. Another administrator has to confirm it.",
    )


@routes.post("/staff/people/{person_id}/second-step/answer")
@again(show_reset)
async def answer_reset(request: Request, who: ConfirmedAdministrator, person_id: UUID) -> Response:
    now = machine_now()
    form = await read_form(request, AnswerForm)
    answer = form.answer
    command = Command("answer-second-step-reset", who.actor)
    email = await of(request).database.run(
        command, lambda tx: factors.answer_reset(tx, person_id, who.person_id, answer, now, form.mark)
    )
    if email:
        await mailed(request, email, "second-step", "A change to your sign-in at", what="taken away")
    done = "Their second step is taken away, and they are signed out. They set up a new one when they sign in."
    return redirect(
        f"/people/staff/people/{person_id}",
        done if answer == "confirmed" else "Nothing is changed.",
        done=answer == "confirmed",
    )
