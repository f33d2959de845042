"""Reads for the pages, the API and the worker."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Text, Uuid, and_, any_, case, func, literal, or_, select, text, tuple_

from services.notifications.domain.changes import Meeting
from services.notifications.domain.channels import IN_APP
from services.notifications.domain.feedback import HEARD_ENDINGS
from services.notifications.domain.messages import Kind, is_for_helpers, kinds_that, may_opt_out, messages_not_for_helpers
from services.notifications.domain.task_rules import TASKS
from services.notifications.domain.tasks import Addressee, Task, in_order_of_clock, is_theirs
from services.notifications.domain.who_may import WHO_FINDS_SOMEBODY, is_left_to_nobody, kinds_stood_in_for, whose_turn
from services.notifications.gateways import unsubscribing
from services.notifications.gateways.letters import Draft
from services.notifications.tables import (
    addressee_of,
    among,
    calls,
    card_of,
    cards,
    claims,
    feedback_items,
    meetings_of,
    messages,
    opportunities,
    places,
    safeguarding_leads,
    said,
    sessions,
    task_limits,
    tasks,
    unsubscribe_keys,
)
from shared.clock import london_date
from shared.db import Transaction
from shared.identity import Role, Session
from shared.paging import page_of
from shared.text import number_of, told_apart

MOST_NEXT = 20
"""Sessions to come that the first page shows; the rest are found where all places are."""


def whose(who: Session) -> tuple[UUID, frozenset[str]]:
    """Whose first page and messages these are, and their hats: while somebody helps, the helped person's (PEO-02)."""
    if who.acting_for is not None:
        return who.acting_for, frozenset({Role.PARTICIPANT})
    return who.person_id, frozenset(who.roles)


async def looks_after_safety(tx: Transaction, person_id: UUID) -> bool:
    """FB-09: are they the safeguarding lead or the deputy?"""
    part = or_(safeguarding_leads.c.lead_id == person_id, safeguarding_leads.c.deputy_id == person_id)
    return await tx.first(select(safeguarding_leads.c.leads_id).where(part)) is not None


# --- what a message is written from ----------------------------------------------------------------------------------


async def drafts(tx: Transaction, message_ids: Collection[UUID]) -> list[Draft]:
    """All that each of these mails is written from, in the order in which they were queued."""
    rows = await tx.all(_with_facts().where(among(messages.c.message_id, message_ids)).order_by(messages.c.message_id))
    key = await unsubscribe_key(tx)
    return [replace(draft, unsubscribe=_unsubscribe_path(key, draft)) for draft in await _drafts(tx, rows)]


def _unsubscribe_path(key: bytes, draft: Draft) -> str:
    return unsubscribing.path(key, draft.card.person_id, draft.kind) if may_opt_out(draft.kind) else ""


async def unsubscribe_key(tx: Transaction) -> bytes:
    """What signs the links that switch a kind of message off."""
    return await tx.scalar(select(unsubscribe_keys.c.key).order_by(unsubscribe_keys.c.made_at.desc()).limit(1))


async def has_opted_out(tx: Transaction, person_id: UUID, kind: Kind) -> bool:
    """Did they switch this kind of message off? Missing if we do not know them."""
    card = await tx.one(select(cards.c.opted_out).where(cards.c.person_id == person_id))
    return kind in card.opted_out


_HOST = func.coalesce(func.nullif(opportunities.c.host_name, ""), opportunities.c.host, "")
"""Who holds it, as people call them; "" for our own."""


def _with_facts() -> Select[Any]:
    return (
        select(
            messages,
            cards,
            func.coalesce(opportunities.c.title, "").label("title"),
            func.coalesce(opportunities.c.summary, "").label("summary"),
            func.coalesce(opportunities.c.paid, False).label("paid"),
            func.coalesce(opportunities.c.mode, "").label("mode"),
            func.coalesce(opportunities.c.contact_role, "").label("contact_role"),
            func.coalesce(opportunities.c.short_notice_reason, "").label("short_notice_reason"),
            _HOST.label("host"),
            claims.c.pay_by,
            said.c.facts.label("then"),
        )
        .join(cards, cards.c.person_id == messages.c.participant_id)
        .outerjoin(opportunities, opportunities.c.opportunity_id == messages.c.opportunity_id)
        .outerjoin(claims, claims.c.claim_id == messages.c.about)
        .outerjoin(said, said.c.said_id == messages.c.said_id)
    )


async def _drafts(tx: Transaction, rows: Sequence[Row[Any]]) -> list[Draft]:
    wanted = {row.opportunity_id for row in rows if row.opportunity_id}
    found = await tx.all(select(sessions).where(among(sessions.c.opportunity_id, wanted)).order_by(sessions.c.starts_at))
    return [_draft(row, list(meetings_of(session for session in found if session.opportunity_id == row.opportunity_id))) for row in rows]


def _then(meetings: list[dict[str, str]]) -> list[Meeting]:
    """The sessions as the event that is told of had them, whatever became of them since."""
    return [
        Meeting(UUID(meeting["session_id"]), datetime.fromisoformat(meeting["starts_at"]), datetime.fromisoformat(meeting["ends_at"]), meeting["venue"])
        for meeting in meetings
    ]


def _as_it_was(row: Row[Any], its_sessions: list[Meeting]) -> tuple[dict[str, Any], list[Meeting]]:
    """NOT-08: what was true when it was said. Of messages from before that was kept, our copies are all that is left."""
    now = {name: getattr(row, name) for name in ("title", "summary", "paid", "mode", "contact_role", "short_notice_reason", "host", "pay_by")}
    if row.then is None:
        return now, its_sessions
    pay_by = row.then["pay_by"]
    then = (row.then["opportunity"] or {}) | {"pay_by": date.fromisoformat(pay_by) if pay_by else None}
    return now | then, _then(row.then["sessions"])


def _draft(row: Row[Any], its_sessions: list[Meeting]) -> Draft:
    told = row.facts
    then, its_sessions = _as_it_was(row, its_sessions)
    if "sessions" in told:
        its_sessions = _then(told["sessions"])
    were = _then(told.get("were", []))
    return Draft(
        message_id=row.message_id,
        template=row.template,
        kind=Kind(row.kind),
        card=card_of(row),
        name=row.name,
        created_at=row.created_at,
        opportunity_id=row.opportunity_id,
        sessions=its_sessions,
        sessions_gone=[meeting for meeting in were if meeting.session_id not in {session.session_id for session in its_sessions}],
        sequence=told.get("sequence", 0),
        has_place=told.get("held", True),
        facts={
            **then,
            "changed": told.get("changed", []),
            "reason": told.get("reason", ""),
            "were": were,
            "title_was": told.get("title_was", ""),
            "held": told.get("held", True),
            "over": told.get("over", False),
            "help_asked": told.get("help_asked", "no"),
            "asked_to_stay": told.get("asked_to_stay", False),
            "position": told.get("position"),
            "about": row.about,
            "session": next((session for session in its_sessions if session.session_id == row.session_id), None),
            "amount_pence": told.get("amount_pence"),
            "recognition": told.get("recognition"),
            "not_agreed_pence": told.get("not_agreed_pence", 0),
            "waiting_pence": told.get("waiting_pence", 0),
            "waiting_lines": told.get("waiting_lines", 0),
            "because": told.get("because", ""),
            "else_because": told.get("else_because", ""),
            "on_hold": told.get("on_hold", False),
            "was_agreed": told.get("was_agreed", True),
            **{name: told.get(name, False) for name in ("waits_for_bank", "bank_paid", "in_part", "set_aside")},
            "rest_pence": told.get("rest_pence", 0),
            "rest_recognition": told.get("rest_recognition"),
            "ending": told.get("ending"),
            "place_id": told.get("place_id"),
            "give": told.get("give", []),
            "take": told.get("take", []),
            "answer": told.get("answer", ""),
            "mine": told.get("mine", True),
            "what": told.get("what", ""),
            "whose": told.get("whose", ""),
            "due_at": datetime.fromisoformat(told["due_at"]) if told.get("due_at") else None,
            "missing": told.get("missing", []),
            "count": told.get("count", 1),
            "task": told.get("task", ""),
            "due_on": date.fromisoformat(told["due_on"]) if told.get("due_on") else None,
            "answer_by": datetime.fromisoformat(told["answer_by"]) if told.get("answer_by") else None,
        },
        chosen=told.get("chosen"),
    )


# --- one's own messages ----------------------------------------------------------------------------------------------

_VISIBLE = ("queued", "handing-over", "sent")


def _in_app(person_id: UUID) -> Any:
    return and_(messages.c.participant_id == person_id, messages.c.channel == IN_APP, messages.c.state.in_(_VISIBLE))


def _shown(helped: bool) -> list[Any]:
    """FB-09, PEO-02: what whoever helps this person may see."""
    kinds = kinds_that(is_for_helpers)
    return [messages.c.kind.in_(kinds), messages.c.template.not_in(messages_not_for_helpers())] if helped else []


async def messages_of(
    tx: Transaction, person_id: UUID, after: str | None = None, *, helped: bool = False
) -> tuple[list[tuple[Draft, datetime | None]], str | None]:
    """NOT-01: a page of what the app tells this person, newest first, each with when it was read; and where the next page begins.

    helped: somebody else sits there and helps them.
    """
    theirs = _with_facts().where(_in_app(person_id), *_shown(helped))
    rows, next_after = await page_of(tx, theirs, messages.c.created_at, messages.c.message_id, after=after, newest_first=True)
    return list(zip(await _drafts(tx, rows), [row.read_at for row in rows], strict=True)), next_after


async def message_of(tx: Transaction, message_id: UUID, person_id: UUID, *, helped: bool = False) -> Draft:
    """One message to this person, in whatever channel it went. Missing if it is not theirs, or not for whoever helps them."""
    row = await tx.one(_with_facts().where(messages.c.message_id == message_id, messages.c.participant_id == person_id, *_shown(helped)))
    return (await _drafts(tx, [row]))[0]


async def unread_count(tx: Transaction, person_id: UUID, *, helped: bool = False) -> int:
    return await tx.scalar(select(func.count()).select_from(messages).where(_in_app(person_id), messages.c.read_at.is_(None), *_shown(helped)))


# --- what needs me today ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Next:
    """A session that they have a place on. host: who holds it, if not we."""

    place_id: UUID
    opportunity_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    venue: str
    host: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of something they did. kind: "claim" or "feedback"; state: the claim's, or the item's ending."""

    kind: str
    about: UUID
    title: str
    state: str
    amount_pence: int | None
    changed_at: datetime
    pay_by: date | None = None


_OPEN = text("tasks.opened_version > coalesce(tasks.settled_version, -1)")
"""Exactly the condition of the index ix_tasks_open: what was settled costs nothing, however old the organisation is."""


def names_apart(rows: Iterable[Row[Any]]) -> dict[UUID, str]:
    """For staff: of rows with a card's person_id, name and told_apart_by, what to call each, where two of one name are on a page."""
    people = {row.person_id: (row.name or "", row.told_apart_by or f"our number {number_of(row.person_id)}") for row in rows if row.person_id is not None}
    return dict(zip(people, told_apart([(name, by if name else "") for name, by in people.values()]), strict=True))


@dataclass(frozen=True, slots=True)
class WhatNeedsThem:
    """PEO-05: in the order of its clocks. tasks: what somebody is to do. left_over: for administrators, what nobody here may do."""

    tasks: list[Task]
    left_over: list[Task]


async def needs_today(tx: Transaction, person_id: UUID, roles: Collection[str], *, helped: bool = False) -> WhatNeedsThem:
    """helped: somebody else sits at their list and helps them. Who works here is known from their cards; of the viewer it is their sign-in that counts."""
    works_here = not helped and bool(set(roles) - {Role.PARTICIPANT})
    staff = {**(await _staff(tx) if works_here else {}), person_id: roles}
    finds_somebody = works_here and WHO_FINDS_SOMEBODY in roles
    mine, ringing = _tasks_of(tx, person_id, roles), "coordinator" in roles and not helped
    rows = await tx.all(_tasks().where(or_(mine, _without_anybody()) if finds_somebody else mine))
    to_ring = await tx.all(_to_ring().where(calls.c.person_id != person_id)) if ringing or finds_somebody else []
    named = names_apart([*rows, *to_ring])
    found = [_task(row, named.get(row.person_id, "")) for row in rows] + [_ringing(row, named[row.person_id]) for row in to_ring]
    turns = [(task, whose_turn(task, staff, tx.now)) for task in found]
    theirs = [replace(task, addressee=to) for task, to in turns if to is not None]
    return WhatNeedsThem(
        in_order_of_clock([task for task in theirs if is_theirs(task, person_id, roles, tx.now, helped=helped)]),
        in_order_of_clock([task for task in found if finds_somebody and is_left_to_nobody(task, staff, tx.now)]),
    )


async def tasks_for(tx: Transaction, person_id: UUID, roles: Collection[str], *, helped: bool = False) -> list[Task]:
    """PEO-05: what they are to do."""
    return (await needs_today(tx, person_id, roles, helped=helped)).tasks


async def _staff(tx: Transaction) -> dict[UUID, list[str]]:
    """Everybody who works here: a few of those whom we know."""
    hats = literal([role for role in Role if role is not Role.PARTICIPANT], ARRAY(Text))
    return {row.person_id: row.roles for row in await tx.all(select(cards.c.person_id, cards.c.roles).where(cards.c.roles.op("&&")(hats)))}


_NOT_FOR = tasks.c.except_for.op("||")(func.coalesce(task_limits.c.not_for, literal([], ARRAY(Uuid))))
"""Whoever may not do it, as it was opened and as `payments` says since."""


def _tasks_of(tx: Transaction, person_id: UUID, roles: Collection[str]) -> Any:
    """What may be theirs: by their name, by their role, or because they stand in for another."""
    me = literal(person_id)
    for_them = tasks.c.audience_role.in_(list(roles)) | (tasks.c.audience_role.is_not(None) & tasks.c.kind.in_(kinds_stood_in_for(roles)))
    with_role = and_(for_them, tasks.c.person_id.is_distinct_from(person_id))
    by_name = and_(tasks.c.audience_role.is_(None), or_(tasks.c.person_id == person_id, me == any_(tasks.c.people)))
    as_deputy = and_(tasks.c.deputy_id == person_id, or_(tasks.c.reaches_deputy_at.is_(None), tasks.c.reaches_deputy_at <= tx.now))
    return and_(~(me == any_(_NOT_FOR)), or_(with_role, by_name, as_deputy))


def _without_anybody() -> Any:
    """What nobody of the role that it is for may do, as the database narrows it down; the rule is is_left_to_nobody()."""
    somebody = cards.alias()
    may = (tasks.c.audience_role == any_(somebody.c.roles)) & ~(somebody.c.person_id == any_(_NOT_FOR))
    there_is = select(somebody.c.person_id).where(may, somebody.c.person_id.is_distinct_from(tasks.c.person_id)).correlate(tasks, task_limits).exists()
    return tasks.c.audience_role.is_not(None) & ~there_is


def _tasks() -> Any:
    return (
        select(
            *[column for column in tasks.c if column.name != "except_for"],
            _NOT_FOR.label("except_for"),
            func.coalesce(tasks.c.due_on, case((claims.c.stopped, None), else_=claims.c.pay_by)).label("clock"),
            func.coalesce(claims.c.overdue, False).label("overdue"),
            func.coalesce(opportunities.c.title, "").label("title"),
            func.coalesce(cards.c.name, "").label("name"),
            cards.c.told_apart_by,
            sessions.c.starts_at,
        )
        .outerjoin(claims, claims.c.claim_id == tasks.c.about)
        .outerjoin(sessions, sessions.c.session_id == func.coalesce(claims.c.session_id, tasks.c.about))
        .outerjoin(opportunities, opportunities.c.opportunity_id == tasks.c.opportunity_id)
        .outerjoin(cards, cards.c.person_id == tasks.c.person_id)
        .outerjoin(task_limits, and_(task_limits.c.kind == tasks.c.kind, task_limits.c.about == tasks.c.about))
        .where(_OPEN, tasks.c.kind.in_(list(TASKS)), ~func.coalesce(task_limits.c.blocked, False))
    )


def _task(row: Row[Any], name: str) -> Task:
    day = london_date(row.starts_at) if row.starts_at else None
    clock = {"due_on": row.clock, "due_at": row.due_at, "overdue": row.overdue}
    return Task(row.task_id, row.kind, row.about, addressee_of(row), row.opened_at, **clock, title=row.title, name=name, day=day, number=row.number)


def _to_ring() -> Any:
    """NOT-08: each person who is to be rung, with how many things to say, by when, and when somebody last tried."""
    first = {"due_at": func.min(calls.c.due_at), "opened_at": func.min(calls.c.opened_at), "tried_at": func.max(calls.c.tried_at), "count": func.count()}
    return (
        select(calls.c.person_id, cards.c.name, cards.c.told_apart_by, *[column.label(name) for name, column in first.items()])
        .join(cards, cards.c.person_id == calls.c.person_id)
        .where(calls.c.settled_at.is_(None))
        .group_by(calls.c.person_id, cards.c.name, cards.c.told_apart_by)
    )


def _ringing(row: Row[Any], name: str) -> Task:
    to = Addressee(role="coordinator", except_for=frozenset({row.person_id}))
    return Task(row.person_id, "ring-person", row.person_id, to, row.opened_at, due_at=row.due_at, name=name)


async def what_is_next(tx: Transaction, person_id: UUID) -> list[Next]:
    rows = await tx.all(
        select(places.c.place_id, sessions, opportunities.c.title, _HOST.label("host"))
        .join(sessions, sessions.c.opportunity_id == places.c.opportunity_id)
        .join(opportunities, opportunities.c.opportunity_id == places.c.opportunity_id)
        .where(places.c.participant_kind == "person", places.c.participant_id == person_id, places.c.held, sessions.c.ends_at > tx.now)
        .where(~opportunities.c.cancelled)
        .order_by(sessions.c.starts_at)
        .limit(MOST_NEXT + 1)
    )
    return [Next(row.place_id, row.opportunity_id, row.title, row.starts_at, row.ends_at, row.venue, row.host) for row in rows]


async def what_came_of_it(tx: Transaction, person_id: UUID, most: int = 10) -> list[Outcome]:
    """Claims that moved on and feedback that was answered, newest first."""
    of_claims = await tx.all(
        select(claims, opportunities.c.title)
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id)
        .where(
            claims.c.participant_kind == "person",
            claims.c.participant_id == person_id,
            claims.c.state.in_(["submitted", "approved", "withdrawn", "part-paid", "paid", "refused", "declined"]),
        )
        .order_by(claims.c.changed_at.desc())
        .limit(most)
    )
    of_feedback = await tx.all(
        select(feedback_items, func.coalesce(opportunities.c.title, "").label("title"))
        .outerjoin(opportunities, opportunities.c.opportunity_id == feedback_items.c.opportunity_id)
        .where(feedback_items.c.giver_id == person_id, feedback_items.c.ending.in_(HEARD_ENDINGS))
        .order_by(feedback_items.c.changed_at.desc())
        .limit(most)
    )
    outcomes = [
        Outcome("claim", row.claim_id, row.title, row.state, row.amount_pence, row.changed_at, None if row.stopped else row.pay_by) for row in of_claims
    ]
    outcomes += [Outcome("feedback", row.item_id, row.title, row.ending, None, row.changed_at) for row in of_feedback]
    return sorted(outcomes, key=lambda outcome: outcome.changed_at, reverse=True)[:most]


async def name_of(tx: Transaction, person_id: UUID) -> str | None:
    """What we call them, or None while their card is on its way."""
    return await tx.scalar(select(cards.c.name).where(cards.c.person_id == person_id))


# --- whom to ring (NOT-08) ---------------------------------------------------------------------------------------------


async def people_to_ring(tx: Transaction, after: tuple[datetime, UUID] | None, most: int) -> Sequence[Row[Any]]:
    """Those to be rung first, first. after: the due moment and the id of the last one on the page before."""
    found = _to_ring().subquery()
    later = tuple_(found.c.due_at, found.c.person_id) > tuple_(literal(after[0]), literal(after[1])) if after else literal(True)
    return await tx.all(select(found).where(later).order_by(found.c.due_at, found.c.person_id).limit(most))


async def what_to_tell(tx: Transaction, person_id: UUID) -> list[tuple[Row[Any], Draft]]:
    """All that this person is to be told by telephone, in the order in which it was said. Missing if we know nobody like that."""
    await tx.one(select(cards.c.person_id).where(cards.c.person_id == person_id))
    open_calls = await tx.all(select(calls).where(calls.c.person_id == person_id, calls.c.settled_at.is_(None)).order_by(calls.c.opened_at, calls.c.call_id))
    rows = await tx.all(_with_facts().where(among(messages.c.message_id, [row.message_id for row in open_calls])))
    drafts = {draft.message_id: draft for draft in await _drafts(tx, rows)}
    return [(row, drafts[row.message_id]) for row in open_calls]


# --- for staff -------------------------------------------------------------------------------------------------------


_TROUBLE = text("messages.state IN ('failed', 'unknown')")
"""Exactly the condition of the index ix_messages_trouble."""


async def messages_in_trouble(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """NOT-06: what failed for good, and what nobody knows about; newest first, with whom it was for; and where the next page begins.

    Never that of a concern: who looks here may be whom it is about, and its own clock goes on to the deputy (FB-09).
    """
    in_trouble = (
        select(messages, cards.c.person_id, cards.c.name, cards.c.told_apart_by, func.coalesce(opportunities.c.title, "").label("title"))
        .join(cards, cards.c.person_id == messages.c.participant_id)
        .outerjoin(opportunities, opportunities.c.opportunity_id == messages.c.opportunity_id)
        .where(_TROUBLE, messages.c.kind != Kind.SAFEGUARDING)
    )
    return await page_of(tx, in_trouble, messages.c.created_at, messages.c.message_id, after=after, newest_first=True)
