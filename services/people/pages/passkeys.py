"""Passkeys: adding, using and removing one. In browsers that cannot, the buttons do not appear and an app's codes still
work."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from services.people.domain import passkeys as rules
from services.people.domain.factors import device_of
from services.people.gateways import passkeys as gateway
from services.people.pages.machine_time import machine_now
from services.people.pages.second_step import SET_UP, confirm_page, confirmed, site_here
from services.people.pages.slowing import slow_down_proof
from services.people.use_cases import passkeys
from shared.db import Command
from shared.identity import Confirmed, SignedIn
from shared.reasons import Missing, Refused, refuse
from shared.service import of
from shared.web import Form, Refusal, again, local_path, page, read_form, redirect

routes = APIRouter(prefix="/people")
"""Open to anybody who gave their second step within 15 minutes: nobody may add a key in a browser that was left
open."""
_ANSWER = Field(default="", max_length=20_000)


class AddForm(Form):
    name: str = Field(default="", max_length=rules.LONGEST_NAME)
    credential: str = _ANSWER


class UseForm(Form):
    credential: str = _ANSWER


@routes.get("/second-step/passkeys/new")
async def show_adding(request: Request, who: Confirmed, problem: Refusal = None) -> Response:
    site, now = _site(request), machine_now()
    try:
        work = of(request).database.run(
            Command("begin-passkey", who.actor),
            lambda tx: passkeys.begin_adding(tx, who.person_id, who.sign_in_id, now),
        )
        challenge, held, account = await work
    except Refused as refused:
        return page(
            request, "passkey.html", who=who, title="Add a passkey", problem=problem or refused, options=None, name=""
        )
    organisation = of(request).settings.organisation_name
    options = gateway.to_make(site, challenge, who.person_id, organisation, account or organisation, held)
    name = device_of(request.headers.get("user-agent", ""))
    return page(request, "passkey.html", who=who, title="Add a passkey", problem=problem, options=options, name=name)


@routes.post("/second-step/passkeys/new")
@again(show_adding)
async def add(request: Request, who: Confirmed) -> Response:
    site, now = _site(request), machine_now()
    form = await read_form(request, AddForm)
    if not form.credential:
        refuse(rules.NO_PASSKEY)
    name = form.name or device_of(request.headers.get("user-agent", ""))
    command = Command("add-passkey", who.actor)
    refuse(
        await of(request).database.run(
            command, lambda tx: passkeys.add(tx, who.person_id, who.sign_in_id, name, form.credential, site, now)
        )
    )
    return redirect(SET_UP, "Your passkey is added. You can use it from now on, or the code from your app.")


@routes.post("/second-step/passkeys/{passkey_id}/remove")
async def remove(request: Request, who: Confirmed, passkey_id: UUID) -> Response:
    await of(request).database.run(
        Command("remove-passkey", who.actor), lambda tx: passkeys.remove(tx, who.person_id, passkey_id)
    )
    return redirect(SET_UP, "The passkey is removed. It opens nothing here any more.")


@routes.post("/confirm/passkey")
@again(confirm_page)
async def confirm(request: Request, who: SignedIn, next: str = "") -> Response:
    site, now = _site(request), machine_now()
    answer = (await read_form(request, UseForm)).credential
    await slow_down_proof(request, who)
    command = Command("confirm-with-passkey", who.actor)
    refuse(
        await of(request).database.run(
            command, lambda tx: passkeys.confirm(tx, who.person_id, who.sign_in_id, answer, site, now)
        )
    )
    return await confirmed(request, redirect(local_path(next) or "/"), who)


def _site(request: Request) -> rules.Site:
    """Missing if browsers make no passkeys for our address."""
    site = site_here(request)
    if site is None:
        raise Missing
    return site
