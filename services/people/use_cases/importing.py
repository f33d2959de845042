"""Takes people in from an organisation's own list. It is compared and checked whole in memory, then written some
hundreds at a time in one transaction.

Only what the list has changed since the last import is changed, so people's own choices in between are kept."""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select

from services.people import queries
from services.people.domain.importing import import_changes, imported_with, reasons_not_to_import
from services.people.domain.matching import Told, same_as_row
from services.people.domain.roles import (
    reasons_not_to_give_roles,
    roles_for_two,
    roles_given_at_once,
    roles_in_order,
)
from services.people.tables import consents, imported_rows, people
from services.people.use_cases import keeping, telling
from services.people.use_cases.finding import Found, Question, find_everyone, told_twice
from services.people.use_cases.roles import file, hold_heads
from shared.bulk import in_pieces, parts, put_rows
from shared.clock import london_datetime
from shared.db import Transaction, one_of
from shared.reasons import Reason

AT_ONCE = 100
"""Rows in one statement. More of them would keep other requests waiting for longer than some tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A row of the list. number: its row number in the spreadsheet. filled: the questions that it answers."""

    number: int
    told: Told
    answers: Mapping[str, Any]
    filled: frozenset[str]
    agreed_on: date | None


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What a row changes of somebody: (question, before, after), with answers as they are kept."""

    row: int
    person_id: UUID
    changes: list[tuple[str, Any, Any]]


ROLES_ASKED = "roles_asked"
"""Roles that two administrators give, or take away; reported beside the questions."""


@dataclass(slots=True)
class Outcome:
    """The result for a list: counts; or problems, by row, with the questions among them. If there are problems nothing
    was changed."""

    counts: dict[str, int] = field(
        default_factory=lambda: {"added": 0, "changed": 0, "unchanged": 0, "roles_to_confirm": 0}
    )
    problems: list[tuple[int, Reason]] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    changes: list[RowChanges] = field(default_factory=list)
    """The changes to people we hold, if somebody has to look at them first; then nothing was changed."""
    seal: bytes = b""


@dataclass(slots=True)
class _Plan:
    """What to write. new: rows of people to add; everything else is by person."""

    new: list[ListedPerson] = field(default_factory=list)
    changes: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    roles: dict[UUID, list[str]] = field(default_factory=dict)
    asked: list[tuple[UUID, list[str], list[str]]] = field(default_factory=list)
    kept: dict[UUID, ListedPerson] = field(default_factory=dict)
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """Everybody we hold whom the list is about, with the rows they were last imported with; and who are operators
    and administrators."""

    now: Mapping[UUID, Mapping[str, Any]]
    last: Mapping[UUID, Mapping[str, Any]]
    operators: frozenset[UUID]
    administrators: frozenset[UUID]


Tell = Callable[[str, int], None]
"""Is told what is being done, and with how many of the rows."""


def tell_nobody(_: str, __: int) -> None: ...


async def take_list(
    tx: Transaction,
    rows: Sequence[ListedPerson],
    areas: Collection[str],
    tell: Tell = tell_nobody,
    *,
    looked_at: bytes | None = None,
) -> Outcome:
    """Takes in a whole list, or nothing of it. Answers about near matches are in the column "same person", or come from
    the page.

    looked_at: the seal of the changes that somebody has looked at; blank if nobody has; None if the list is taken in
    unseen."""
    outcome = Outcome()
    await keeping.hold_addresses(tx)
    heads = await hold_heads(tx)
    outcome.questions += await told_twice([(row.number, row.told) for row in rows])
    found = await find_everyone(tx, [row.told for row in rows], lambda done: tell("compared with those we hold", done))
    whom = _whom(rows, found, outcome)
    known = await _known(tx, {each for each in whom.values() if each is not None}, heads)
    plan = _Plan()
    outcome.problems += await in_pieces(
        lambda some: _plan(plan, some, whom, known, areas), rows, lambda done: tell("checked", done)
    )
    if outcome.problems or outcome.questions:
        return outcome
    changed = (
        plan.changes.keys()
        | plan.roles.keys()
        | {person_id for person_id, _, _ in plan.asked if person_id in known.now}
    )
    outcome.counts = {
        "added": len(plan.new),
        "changed": len(changed),
        "unchanged": len(rows) - len(plan.new) - len(changed),
    }
    if looked_at is not None:
        changes, seal = await asyncio.to_thread(_changes, plan, known)
        if changes and seal != looked_at:
            outcome.changes, outcome.seal = changes, seal
            return outcome
    await _write(tx, plan, known, tell)
    outcome.counts["roles_to_confirm"] = await queries.roles_asked_by(tx, tx.cause)
    return outcome


def _whom(rows: Sequence[ListedPerson], found: Sequence[Found], outcome: Outcome) -> dict[int, UUID | None]:
    """The person whom each row is about, by row number; None for somebody new. Two rows about one person are a problem,
    because the second would undo the first."""
    whom: dict[int, UUID | None] = {}
    first: dict[UUID, int] = {}
    for row, each in zip(rows, found, strict=True):
        person_id = each.person_id
        asks = [reason for reason in each.reasons if reason.field == "same_person"]
        outcome.questions += (
            [Question(row.number, row.told.name, each.near, None, asks, each.by_address)] if asks else []
        )
        outcome.problems += [(row.number, reason) for reason in each.reasons if reason not in asks]
        if person_id is not None and first.setdefault(person_id, row.number) != row.number:
            outcome.questions.append(
                Question(row.number, row.told.name, (), first[person_id], [same_as_row(first[person_id])])
            )
        whom[row.number] = person_id
    return whom


async def _known(tx: Transaction, person_ids: Collection[UUID], heads: Mapping[UUID, Collection[str]]) -> _Known:
    """Locks the people's rows."""
    await tx.execute(select(people.c.id).where(one_of(people.c.id, person_ids)).order_by(people.c.id).with_for_update())
    now: dict[UUID, Mapping[str, Any]] = {}
    last: dict[UUID, Mapping[str, Any]] = {}
    for some in parts(sorted(person_ids), AT_ONCE):
        now |= {
            row.id: dict(row._mapping) for row in await tx.all(queries.ALL_OF_A_PERSON.where(one_of(people.c.id, some)))
        }
        last |= {
            row.person_id: row.row
            for row in await tx.all(select(imported_rows).where(one_of(imported_rows.c.person_id, some)))
        }
    hold = {
        role: frozenset(person_id for person_id, roles in heads.items() if role in roles)
        for role in ("operator", "administrator")
    }
    return _Known(now, last, hold["operator"], hold["administrator"])


def _plan(
    plan: _Plan, rows: Sequence[ListedPerson], whom: Mapping[int, UUID | None], known: _Known, areas: Collection[str]
) -> list[tuple[int, Reason]]:
    """Adds some rows to the plan. Returns what is wrong with them."""
    problems: list[tuple[int, Reason]] = []
    for row in rows:
        person_id = whom[row.number]
        now = known.now[person_id] if person_id else None
        has_email = bool((now and now["email"]) or row.answers["email"])
        has_post = bool((now and now["postal_address"]) or row.answers["postal_address"])
        reasons = reasons_not_to_import(row.answers, has_email=has_email, areas=areas, has_post=has_post)
        if person_id is not None and now is not None:
            reasons += _plan_change(plan, row, person_id, now, known)
        else:
            plan.new.append(row)
        problems += [(row.number, reason) for reason in reasons]
    return problems


def _plan_change(
    plan: _Plan, row: ListedPerson, person_id: UUID, now: Mapping[str, Any], known: _Known
) -> list[Reason]:
    """Plans what the row changes of somebody we hold, or says why it may not."""
    changes = import_changes(row.answers, row.filled, known.last.get(person_id), now)
    if now["email"] is not None:
        changes.pop("email", None)  # the row names its person, so it keeps someone who has changed their address since
    roles, reasons = changes.pop("roles", None), []
    if changes:
        plan.changes[person_id] = changes
    if roles is not None:
        reasons = _reasons_against_roles(now, roles, known)
        if (at_once := roles_given_at_once(now["roles"], roles)) != roles_in_order(now["roles"]):
            plan.roles[person_id] = at_once
        give, take = roles_for_two(now["roles"], roles)
        plan.asked += [(person_id, give, take)] if give or take else []
    plan.kept[person_id] = row
    return reasons


def _changes(plan: _Plan, known: _Known) -> tuple[list[RowChanges], bytes]:
    """The changes to people we hold, in the order of the list, and a seal of them."""
    asked = {person_id: (give, take) for person_id, give, take in plan.asked}
    found: list[RowChanges] = []
    for person_id, row in plan.kept.items():
        now = known.now[person_id]
        changes = [
            (question, now[question], becomes) for question, becomes in sorted(plan.changes.get(person_id, {}).items())
        ]
        if person_id in plan.roles:
            changes.append(("roles", list(now["roles"]), plan.roles[person_id]))
        if person_id in asked:
            changes.append((ROLES_ASKED, *asked[person_id]))
        if changes:
            found.append(RowChanges(row.number, person_id, changes))
    found.sort(key=lambda each: each.row)
    return found, hashlib.sha256(to_json([(each.row, each.person_id, each.changes) for each in found])).digest()


def _reasons_against_roles(now: Mapping[str, Any], roles: Collection[str], known: _Known) -> list[Reason]:
    return reasons_not_to_give_roles(
        roles,
        has_email=now["email"] is not None,
        was_operator="operator" in now["roles"],
        other_operators=len(known.operators - {now["id"]}),
        was_administrator="administrator" in now["roles"],
        other_administrators=len(known.administrators - {now["id"]}),
    )


async def _write(tx: Transaction, plan: _Plan, known: _Known, tell: Tell) -> None:
    """Writes some hundreds of rows to a statement, so that other requests are served in between."""
    kept = dict(plan.kept)
    for new in parts(plan.new, AT_ONCE):
        answers = [{**row.answers, "roles": roles_given_at_once((), row.answers["roles"])} for row in new]
        ids = await keeping.add_all(tx, answers, how="person-imported")
        tell("taken in", len(kept) + len(new) - len(plan.kept))
        kept |= dict(zip(ids, new, strict=True))
        plan.asked += [
            (person_id, *asked)
            for person_id, row in zip(ids, new, strict=True)
            if any(asked := roles_for_two((), row.answers["roles"]))
        ]
    for some in parts(plan.changes.items(), AT_ONCE):
        await telling.of_changes(tx, [(known.now[person_id], values) for person_id, values in some], by_another=True)
        await keeping.change_all(tx, dict(some), what="person-imported")
    for some in parts(plan.roles.items(), AT_ONCE):
        await keeping.change_all(tx, {person_id: {"roles": roles} for person_id, roles in some}, what="roles-changed")
        await keeping.end_sign_ins_of(tx, *(person_id for person_id, _ in some), because="roles")
    for asked in parts(plan.asked, AT_ONCE):
        await file(tx, asked, asked_by=None)
    for some in parts(kept.items(), AT_ONCE):
        await _keep_consents(tx, [(person_id, row.agreed_on) for person_id, row in some if row.agreed_on is not None])
        said = [
            (person_id, imported_with(row.answers, row.filled, known.last.get(person_id))) for person_id, row in some
        ]
        differing = [
            {"person_id": person_id, "row": row} for person_id, row in said if known.last.get(person_id) != row
        ]
        await put_rows(tx, imported_rows, differing)
        await queries.forget_keys(tx, [row["person_id"] for row in differing])


async def _keep_consents(tx: Transaction, agreed: Sequence[tuple[UUID, date]]) -> None:
    """PRI-02: agreed on paper, on that day. Earlier consents and later withdrawals are left alone."""
    asked = select(consents.c.person_id).where(
        consents.c.purpose == "joining", one_of(consents.c.person_id, [person_id for person_id, _ in agreed])
    )
    before = {row.person_id for row in await tx.all(asked)}
    given = [
        (person_id, {"given_at": london_datetime(day, 12), "recorded_by": None})
        for person_id, day in agreed
        if person_id not in before
    ]
    await keeping.consent_all(tx, given, "joining", "on paper")
