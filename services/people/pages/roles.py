"""Giving roles: one administrator asks, and those that need two wait on a page for another administrator's answer."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.people import queries
from services.people.domain.people import display_name
from services.people.domain.roles import (
    OF_TWO,
    ROLES,
    RoleRequest,
    reasons_not_to_adopt,
    reasons_not_to_confirm_roles,
    reasons_not_to_turn_down_roles,
    roles_after,
    roles_in_order,
)
from services.people.use_cases import roles
from shared.db import Command
from shared.identity import Administrator, ConfirmedAdministrator
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect

routes = APIRouter(prefix="/people/staff")
_SECOND = "Another administrator has to confirm the roles named in it; until then these do not change."


class RolesForm(Form):
    roles: tuple[str, ...] = ()


class AnswerForm(Form):
    mark: str = ""


@routes.get("/people/{person_id}/roles")
async def show_roles(request: Request, who: Administrator, person_id: UUID, problem: Refusal = None) -> Response:
    async def read(tx: Any) -> tuple[Any, UUID | None]:
        return await queries.person(tx, person_id), await queries.role_request_waiting(tx, person_id)

    person, waiting = await of(request).database.read(read)
    name = display_name(person.name, person.known_as)
    context = {"roles": person.roles, "options": _options(), "waiting": waiting, "person_id": person_id}
    return page(request, "staff/roles.html", who=who, title=f"Roles of {name}", problem=problem, **context)


@routes.post("/people/{person_id}/roles")
@again(show_roles)
async def give_roles(request: Request, who: ConfirmedAdministrator, person_id: UUID) -> Response:
    wanted = (await read_form(request, RolesForm)).roles
    waits = await of(request).database.run(
        Command("give-roles", who.actor), lambda tx: roles.give_roles(tx, person_id, wanted)
    )
    if waits is not None:
        return redirect(
            f"/people/staff/roles/{waits}",
            f"You have asked for it. {_SECOND} All other roles are as you ticked them from now on.",
        )
    return redirect(
        f"/people/staff/people/{person_id}",
        "The roles are changed. They are signed out, and have them when they sign in again.",
    )


@routes.get("/roles")
async def show_waiting(request: Request, who: Administrator) -> Response:
    waiting, answered = await of(request).database.read(queries.role_requests_now)
    return page(
        request,
        "staff/role-requests.html",
        who=who,
        title="Changes of roles",
        waiting=waiting,
        answered=answered,
        words=_words,
    )


@routes.get("/roles/{request_id}")
async def show_request(request: Request, who: Administrator, request_id: UUID, problem: Refusal = None) -> Response:
    async def read(tx: Any) -> tuple[Any, list[UUID]]:
        return await queries.role_request(tx, request_id), await queries.administrators(tx)

    found, administrators = await of(request).database.read(read)
    facts = RoleRequest(found.person_id, found.asked_by, found.answer)
    by_list = found.answer is None and found.asked_by is None
    not_to_ask = reasons_not_to_adopt(facts, who.person_id, administrators)
    why_not = reasons_not_to_confirm_roles(facts, who.person_id) + (not_to_ask if by_list else [])
    may = {
        "confirm": not why_not,
        "ask": by_list and not not_to_ask,
        "turn_down": not reasons_not_to_turn_down_roles(facts, who.person_id),
        "take_back": found.asked_by == who.person_id,
    }
    context = {
        "asked": found,
        "may": may,
        "why_not": why_not,
        "words": _words,
        "mark": queries.mark_of_roles(found),
        "after": _words(roles_after(found.roles, found.give, found.take)),
    }
    return page(request, "staff/role-request.html", who=who, title=f"Roles of {found.name}", problem=problem, **context)


@routes.post("/roles/{request_id}/ask")
@again(show_request)
async def ask(request: Request, who: ConfirmedAdministrator, request_id: UUID) -> Response:
    """Makes a list's request this administrator's own."""
    mark = (await read_form(request, AnswerForm)).mark
    await of(request).database.run(Command("ask-for-roles", who.actor), lambda tx: roles.adopt(tx, request_id, mark))
    return redirect("/people/staff/roles", f"You have asked for it. {_SECOND}")


@routes.post("/roles/{request_id}/confirm")
@again(show_request)
async def confirm(request: Request, who: ConfirmedAdministrator, request_id: UUID) -> Response:
    mark = (await read_form(request, AnswerForm)).mark
    await of(request).database.run(Command("confirm-roles", who.actor), lambda tx: roles.confirm(tx, request_id, mark))
    return redirect(
        "/people/staff/roles", "You have confirmed it. They are signed out, and have the roles when they sign in again."
    )


@routes.post("/roles/{request_id}/turn-down")
@again(show_request)
async def turn_down(request: Request, who: ConfirmedAdministrator, request_id: UUID) -> Response:
    mark = (await read_form(request, AnswerForm)).mark
    answer = await of(request).database.run(
        Command("turn-down-roles", who.actor), lambda tx: roles.turn_down(tx, request_id, mark)
    )
    said = (
        "You have taken it back."
        if answer == "taken-back"
        else "You have said no. Who asked, and the person, are told."
    )
    return redirect("/people/staff/roles", f"{said} The roles named in it stay as they were.")


def _options() -> list[tuple[str, str, str]]:
    second = "Another administrator has to confirm a change of this"
    return [(role, words, second if role in OF_TWO else "") for role, words in ROLES.items()]


def _words(roles: list[str]) -> str:
    return ", ".join(ROLES.get(role, role) for role in roles_in_order(roles)) or "None"
