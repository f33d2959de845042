"""Giving and taking roles: by one administrator, or asked for by one and confirmed by another."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.people import queries
from services.people.domain.addresses import reasons_against_email
from services.people.domain.contacts import reasons_against_name
from services.people.domain.roles import (
    Answer,
    RoleRequest,
    reasons_not_to_adopt,
    reasons_not_to_ask_for_roles,
    reasons_not_to_confirm_roles,
    reasons_not_to_give_roles,
    reasons_not_to_make_first_administrator,
    reasons_not_to_turn_down_roles,
    roles_after,
    roles_for_two,
    roles_given_at_once,
    roles_in_order,
)
from services.people.tables import people, role_requests
from services.people.use_cases import keeping
from shared.db import Transaction, new_id
from shared.events.people import RolesAnswered, RolesAsked
from shared.messaging import outbox, steps
from shared.reasons import Reason, reasons_to_look_again, refuse

_IS_OPERATOR = people.c.roles.contains(["operator"])
_IS_ADMINISTRATOR = people.c.roles.contains(["administrator"])
_WAITS = role_requests.c.answer.is_(None)


async def give_roles(tx: Transaction, person_id: UUID, roles: Collection[str]) -> UUID | None:
    """An administrator sets somebody's roles. Roles that need two administrators only wait. Returns that request, or
    None."""
    administrators = await _hold_administrators(tx)
    person = await keeping.lock(tx, person_id)
    refuse(await _reasons_against(tx, person, roles))
    request_id = None
    give, take = roles_for_two(person.roles, roles)
    if give or take:
        waiting = await tx.scalar(select(func.count()).where(role_requests.c.person_id == person_id, _WAITS))
        refuse(reasons_not_to_ask_for_roles(tx.actor.id, person_id, administrators, waiting=waiting > 0))
        [request_id] = await file(tx, [(person_id, give, take)], asked_by=tx.actor.id)
    await _set(tx, person, roles_given_at_once(person.roles, roles))
    return request_id


async def file(
    tx: Transaction, wanted: Sequence[tuple[UUID, list[str], list[str]]], *, asked_by: UUID | None
) -> list[UUID]:
    """Writes down changes that wait for an administrator: (person, give, take) each. asked_by: None for a list.

    A person has at most one waiting request, so a list's request replaces an administrator's, who can ask again."""
    if not wanted:
        return []
    rows = [
        {
            "id": new_id(),
            "version": 1,
            "person_id": person_id,
            "give": give,
            "take": take,
            "filed_at": tx.now,
            "asked_by": asked_by,
        }
        for person_id, give, take in wanted
    ]
    statement = insert(role_requests)
    instead = {name: statement.excluded[name] for name in ("give", "take", "filed_at", "asked_by")} | {
        "version": role_requests.c.version + 1
    }
    statement = statement.on_conflict_do_update(index_elements=["person_id"], index_where=_WAITS, set_=instead)
    kept = await tx.all(statement.values(rows).returning(role_requests))
    asked = [
        {name: getattr(row, name) for name in ("version", "person_id", "asked_by", "give", "take")} for row in kept
    ]
    await outbox.add_all(tx, [RolesAsked(request_id=row.id, **each) for row, each in zip(kept, asked, strict=True)])
    by_list = {"by_list": asked_by is None}
    await steps.add_all(
        tx,
        "roles-asked",
        [(row.person_id, {"request": row.id, "give": row.give, "take": row.take} | by_list) for row in kept],
    )
    return [row.id for row in kept]


async def adopt(tx: Transaction, request_id: UUID, mark: str) -> None:
    """An administrator takes over a list's request, so that another may confirm it. mark: of what they saw."""
    administrators = await _hold_administrators(tx)
    request = await _lock_request(tx, request_id)
    assert tx.actor.id is not None
    refuse(reasons_not_to_adopt(_facts(request), tx.actor.id, administrators))
    await _still_as_shown(tx, request_id, mark)
    row = update(role_requests).where(role_requests.c.id == request_id)
    await tx.execute(row.values(asked_by=tx.actor.id, version=request.version + 1))
    asked = {
        "person_id": request.person_id,
        "asked_by": tx.actor.id,
        "give": tuple(request.give),
        "take": tuple(request.take),
    }
    await outbox.add(tx, RolesAsked(version=request.version + 1, request_id=request_id, **asked))
    await steps.add(
        tx, "roles-asked", about=request.person_id, request=request_id, give=request.give, take=request.take
    )


async def confirm(tx: Transaction, request_id: UUID, mark: str) -> None:
    """A second administrator agrees to what they saw: the roles are set, and the person signs in again. mark: of what
    they saw."""
    await _hold_administrators(tx)
    request = await _lock_request(tx, request_id)
    assert tx.actor.id is not None
    refuse(reasons_not_to_confirm_roles(_facts(request), tx.actor.id))
    person = await keeping.lock(tx, request.person_id)
    await _still_as_shown(tx, request_id, mark)
    roles = roles_after(person.roles, request.give, request.take)
    refuse(await _reasons_against(tx, person, roles) if roles else [])
    await _answer(tx, request, "confirmed")
    await _set(tx, person, roles)


async def turn_down(tx: Transaction, request_id: UUID, mark: str) -> Answer:
    """Another administrator refuses, or the one who asked takes it back; nothing changes. Returns which of the two it
    was. mark: of what they saw."""
    request = await _lock_request(tx, request_id)
    assert tx.actor.id is not None
    refuse(reasons_not_to_turn_down_roles(_facts(request), tx.actor.id))
    await _still_as_shown(tx, request_id, mark)
    answer: Answer = "taken-back" if request.asked_by == tx.actor.id else "refused"
    await _answer(tx, request, answer)
    return answer


async def make_first_administrator(tx: Transaction, email: str, name: str) -> UUID:
    """From the command line: one of the first two administrators, who then make each other's staff. Existing roles are
    kept."""
    administrators = await _hold_administrators(tx)
    person = await keeping.holder_of(tx, email)
    reasons = reasons_against_email(email) + (reasons_against_name(name) if person is None else [])
    reasons += reasons_not_to_make_first_administrator(person.roles if person else (), len(administrators))
    refuse(reasons)
    if person is None:
        person_id = await keeping.add(
            tx, {"name": name, "email": email, "roles": ["administrator"]}, how="person-added"
        )
    else:
        person_id = person.id
        await _set(tx, await keeping.lock(tx, person.id), roles_after(person.roles, ["administrator"], []))
    await steps.add(tx, "first-administrator-made", about=person_id, administrators=len(administrators) + 1)
    return person_id


async def hold_heads(tx: Transaction) -> dict[UUID, list[str]]:
    """Until the end of the transaction, all operators and administrators keep those roles. Returns the roles of
    each."""
    heads = await tx.all(
        select(people.c.id, people.c.roles)
        .where(or_(_IS_OPERATOR, _IS_ADMINISTRATOR))
        .order_by(people.c.id)
        .with_for_update()
    )
    return {row.id: row.roles for row in heads}


async def _hold_administrators(tx: Transaction) -> list[UUID]:
    return [person_id for person_id, roles in (await hold_heads(tx)).items() if "administrator" in roles]


async def _reasons_against(tx: Transaction, person: Row[Any], roles: Collection[str]) -> list[Reason]:
    others = await tx.one(
        select(
            func.count().filter(_IS_OPERATOR).label("operators"),
            func.count().filter(_IS_ADMINISTRATOR).label("administrators"),
        ).where(people.c.id != person.id, or_(_IS_OPERATOR, _IS_ADMINISTRATOR))
    )
    return reasons_not_to_give_roles(
        roles,
        has_email=person.email is not None,
        was_operator="operator" in person.roles,
        other_operators=others.operators,
        was_administrator="administrator" in person.roles,
        other_administrators=others.administrators,
    )


async def _lock_request(tx: Transaction, request_id: UUID) -> Row[Any]:
    return await tx.one(select(role_requests).where(role_requests.c.id == request_id).with_for_update())


async def _still_as_shown(tx: Transaction, request_id: UUID, mark: str) -> None:
    """Nobody agrees to a change that they did not see. Raises Refused."""
    refuse(reasons_to_look_again("ROLES", mark, queries.mark_of_roles(await queries.role_request(tx, request_id))))


def _facts(request: Row[Any]) -> RoleRequest:
    return RoleRequest(request.person_id, request.asked_by, request.answer)


async def _answer(tx: Transaction, request: Row[Any], answer: Answer) -> None:
    values = {"answer": answer, "answered_by": tx.actor.id, "answered_at": tx.now, "version": request.version + 1}
    await tx.execute(update(role_requests).where(role_requests.c.id == request.id).values(values))
    assert tx.actor.id is not None
    asked = {"asked_by": request.asked_by, "give": tuple(request.give), "take": tuple(request.take)}
    event = RolesAnswered(
        version=request.version + 1,
        request_id=request.id,
        person_id=request.person_id,
        answer=answer,
        answered_by=tx.actor.id,
        **asked,
    )
    await outbox.add(tx, event)
    await steps.add(
        tx, f"roles-{answer}", about=request.person_id, request=request.id, give=request.give, take=request.take
    )


async def _set(tx: Transaction, person: Row[Any], roles: list[str]) -> None:
    """Sets somebody's roles and signs them out, so that nothing is done under the old ones."""
    if roles == roles_in_order(person.roles):
        return
    await keeping.change(tx, person.id, {"roles": roles}, what="roles-changed")
    await keeping.end_sign_ins_of(tx, person.id, because="roles")
