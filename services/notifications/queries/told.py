"""Messages, and what they are written from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, or_, select, text

from services.notifications.domain import changes
from services.notifications.domain.calls import is_said_as_it_is_now, is_still_true, no_longer_true
from services.notifications.domain.changes import Dates, Meeting, meetings_said
from services.notifications.domain.channels import IN_APP, LETTER, PHONE
from services.notifications.domain.messages import (
    Kind,
    is_for_helpers,
    kinds_that,
    may_opt_out,
    messages_not_for_helpers,
)
from services.notifications.gateways import unsubscribing
from services.notifications.gateways.letters import Draft
from services.notifications.queries.dates import dates_of
from services.notifications.queries.people import what_comes_first
from services.notifications.queries.questions import IS_ANSWERED
from services.notifications.queries.ways import told_by
from services.notifications.tables import (
    calls,
    card_of,
    cards,
    claims,
    meetings_of,
    messages,
    names,
    opportunities,
    places,
    said,
    sessions,
    unsubscribe_keys,
)
from shared.db import Transaction, one_of
from shared.paging import page_of


async def drafts(tx: Transaction, message_ids: Collection[UUID]) -> list[Draft]:
    """Everything that each of these mails is written from, in the order in which they were queued."""
    query = _with_facts().add_columns(*_WHAT_BECAME_OF_IT)
    rows = await tx.all(query.where(one_of(messages.c.message_id, message_ids)).order_by(messages.c.message_id))
    key = await unsubscribe_key(tx)
    return [
        replace(draft, unsubscribe=_unsubscribe_path(key, draft), still_true=_is_still_true(row))
        for row, draft in zip(rows, await _drafts(tx, rows), strict=True)
    ]


_THEIRS_THERE = exists().where(
    places.c.opportunity_id == messages.c.opportunity_id,
    places.c.participant_kind == "person",
    places.c.participant_id == messages.c.participant_id,
    or_(places.c.held, places.c.waiting),
)
_THEIR_PLACE = (
    select(places.c.place_id)
    .where(
        places.c.opportunity_id == messages.c.opportunity_id,
        places.c.participant_kind == "person",
        places.c.participant_id == messages.c.participant_id,
        or_(places.c.held, places.c.waiting),
    )
    .limit(1)
    .scalar_subquery()
    .label("their_place")
)
_WHAT_BECAME_OF_IT = (
    func.coalesce(opportunities.c.cancelled, False).label("is_cancelled"),
    _THEIRS_THERE.correlate(messages).label("has_place_there"),
    IS_ANSWERED.correlate(messages).label("is_answered"),
)
_TAKEN_BACK = and_(
    messages.c.template == "answer-shown",
    func.coalesce(opportunities.c.answers_gone > messages.c.event_id, False),
)


def _is_still_true(row: Row[Any]) -> bool:
    return is_still_true(
        row.template,
        cancelled=row.is_cancelled,
        has_place=row.has_place_there,
        answered=row.is_answered,
        taken_back=row.taken_back,
    )


def _unsubscribe_path(key: bytes, draft: Draft) -> str:
    return unsubscribing.path(key, draft.card.person_id, draft.kind) if may_opt_out(draft.kind) else ""


async def unsubscribe_key(tx: Transaction) -> bytes:
    """The key that signs the links to switch off a kind of message."""
    return await tx.scalar(select(unsubscribe_keys.c.key).order_by(unsubscribe_keys.c.made_at.desc()).limit(1))


async def has_opted_out(tx: Transaction, person_id: UUID, kind: Kind) -> bool:
    """Whether they switched off this kind of message. Missing if we do not know them."""
    card = await tx.one(select(cards.c.opted_out).where(cards.c.person_id == person_id))
    return kind in card.opted_out


HOST = func.coalesce(func.nullif(opportunities.c.host_name, ""), opportunities.c.host, "")
"""The name that people use for the organisation; "" for our own."""


_CALLED = (
    select(names.c.name)
    .where(names.c.person_id == messages.c.participant_id, names.c.version <= messages.c.card_version)
    .order_by(names.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
"""NOT-08: what they were called when the message was written."""


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
            HOST.label("host"),
            opportunities.c.closes_on,
            _TAKEN_BACK.label("taken_back"),
            _THEIR_PLACE,
            claims.c.pay_by,
            claims.c.aim_by,
            claims.c.state.label("claim_state"),
            claims.c.stopped.label("claim_stopped"),
            said.c.facts.label("then"),
            _CALLED.label("called"),
        )
        .join(cards, cards.c.person_id == messages.c.participant_id)
        .outerjoin(opportunities, opportunities.c.opportunity_id == messages.c.opportunity_id)
        .outerjoin(claims, claims.c.claim_id == messages.c.about)
        .outerjoin(said, said.c.said_id == messages.c.said_id)
    )


def _never(_: str) -> bool:
    return False


async def _drafts(tx: Transaction, rows: Sequence[Row[Any]], *, as_now: Callable[[str], bool] = _never) -> list[Draft]:
    """as_now: for these templates, uses what is true now instead of what was true when the message was written."""
    wanted = {row.opportunity_id for row in rows if row.opportunity_id}
    found = await tx.all(
        select(sessions).where(one_of(sessions.c.opportunity_id, wanted)).order_by(sessions.c.starts_at)
    )
    return [
        _draft(
            row,
            meetings_of(session for session in found if session.opportunity_id == row.opportunity_id),
            row.then if not as_now(row.template) else None,
        )
        for row in rows
    ]


def _as_it_was(
    row: Row[Any], its_sessions: Sequence[Meeting], said: dict[str, Any] | None
) -> tuple[dict[str, Any], Sequence[Meeting]]:
    """NOT-08: what was true when the message was written. Older messages did not keep it, so for them our copies must
    do."""
    now = {
        name: getattr(row, name)
        for name in (
            "title",
            "summary",
            "paid",
            "mode",
            "contact_role",
            "short_notice_reason",
            "host",
            "closes_on",
            "pay_by",
            "aim_by",
        )
    }
    if said is None:
        return now, its_sessions
    of_it = said["opportunity"] or {}
    days = {name: _day(said, name) for name in ("pay_by", "aim_by")} | {"closes_on": _day(of_it, "closes_on")}
    return now | of_it | days, meetings_said(said["sessions"])


_UNLESS_TOLD: dict[str, Any] = {
    "changed": [],
    "added": [],
    "reason": "",
    "title_was": "",
    "texts": [],
    "contact_was": None,
    "held": True,
    "over": False,
    "help_asked": "no",
    "asked_to_stay": False,
    "has_outcome": True,
    "position": None,
    "amount_pence": None,
    "recognition": None,
    "not_agreed_pence": 0,
    "waiting_pence": 0,
    "waiting_lines": 0,
    "rest_refused": False,
    "because": "",
    "sent": False,
    "stands": False,
    "tried": True,
    "not_met": False,
    "had_place": False,
    "fault": "",
    "else_because": "",
    "ground": "attendance",
    "on_hold": False,
    "was_agreed": True,
    "first_claim_pence": 0,
    "lines": [],
    "waits_for_bank": False,
    "bank_paid": False,
    "is_paid": False,
    "in_part": False,
    "set_aside": False,
    "first": False,
    "details_wait": False,
    "person_waits": False,
    "asks_details": False,
    "rest_pence": 0,
    "rest_recognition": None,
    "ending": None,
    "place_id": None,
    "give": [],
    "take": [],
    "answer": "",
    "mine": True,
    "what": "",
    "whose": "",
    "missing": [],
    "count": 1,
    "task": "",
}
"""Defaults for facts that a message lacks; each template reads some of them."""


def _day(told: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(told[name]) if told.get(name) else None


def _moment(told: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(told[name]) if told.get(name) else None


def _draft(row: Row[Any], its_sessions: Sequence[Meeting], said: dict[str, Any] | None) -> Draft:
    told = row.facts
    waits = row.channel != IN_APP and row.state == "queued"
    then, its_sessions = _as_it_was(row, its_sessions, said)
    if "sessions" in told:
        its_sessions = meetings_said(told["sessions"])
    were = list(meetings_said(told.get("were", [])))
    return Draft(
        message_id=row.message_id,
        template=row.template,
        kind=Kind(row.kind),
        card=card_of(row),
        name=row.name if row.called is None or waits else row.called,
        created_at=row.created_at,
        opportunity_id=row.opportunity_id,
        sessions=its_sessions,
        sessions_gone=[
            meeting for meeting in were if meeting.session_id not in {session.session_id for session in its_sessions}
        ],
        sequence=told.get("sequence", 0),
        has_place=told.get("held", True),
        facts={
            **then,
            **{name: told.get(name, unsaid) for name, unsaid in _UNLESS_TOLD.items()},
            "were": were,
            "about": row.about,
            "session": next((session for session in its_sessions if session.session_id == row.session_id), None),
            "due_at": _moment(told, "due_at"),
            **{name: _day(told, name) for name in ("due_on", "session_date", "receipt_by", "closes_was")},
            "answer_by": _moment(told, "answer_by"),
            "taken_back": row.taken_back,
            "their_place": row.their_place,
        },
        chosen=told.get("chosen"),
    )


_VISIBLE = ("queued", "handing-over", "sent")


def _in_app(person_id: UUID) -> Any:
    return and_(messages.c.participant_id == person_id, messages.c.channel == IN_APP, messages.c.state.in_(_VISIBLE))


def _shown(helped: bool) -> list[Any]:
    """FB-09, PEO-02: the messages that a helper of this person may see."""
    kinds = kinds_that(is_for_helpers)
    return [messages.c.kind.in_(kinds), messages.c.template.not_in(messages_not_for_helpers())] if helped else []


async def messages_of(
    tx: Transaction, person_id: UUID, after: str | None = None, *, helped: bool = False
) -> tuple[list[tuple[Draft, datetime | None]], str | None]:
    """NOT-01: a page of the app's messages to this person, newest first, each with when it was read; and where the next
    page begins.

    helped: a helper is reading for them."""
    theirs = _with_facts().where(_in_app(person_id), *_shown(helped))
    rows, next_after = await page_of(
        tx, theirs, messages.c.created_at, messages.c.message_id, after=after, newest_first=True
    )
    return list(zip(await _drafts(tx, rows), [row.read_at for row in rows], strict=True)), next_after


async def message_of(tx: Transaction, message_id: UUID, person_id: UUID, *, helped: bool = False) -> Draft:
    """One message to this person, in whatever channel. Missing if it is not theirs, or not for their helper."""
    row = await tx.one(
        _with_facts().where(
            messages.c.message_id == message_id, messages.c.participant_id == person_id, *_shown(helped)
        )
    )
    return (await _drafts(tx, [row]))[0]


async def dates_have_changed(tx: Transaction, draft: Draft) -> bool:
    """Whether the dates that this message told of have changed since (NOT-08)."""
    of_it = opportunities.c.opportunity_id == draft.opportunity_id
    row = await tx.first(select(opportunities.c.cancelled).where(of_it))
    said = Dates(meetings_of(draft.sessions), draft.facts["closes_on"])
    if row is None or draft.opportunity_id is None or not said.ends:
        return False
    return changes.dates_have_changed(said, await dates_of(tx, draft.opportunity_id), cancelled=row.cancelled)


async def unread_count(tx: Transaction, person_id: UUID, *, helped: bool = False) -> int:
    return await tx.scalar(
        select(func.count())
        .select_from(messages)
        .where(_in_app(person_id), messages.c.read_at.is_(None), *_shown(helped))
    )


async def what_to_tell(tx: Transaction, person_id: UUID, way: str = PHONE) -> list[tuple[Row[Any], Draft]]:
    """All to tell this person by telephone, or in letters, in the order of its clocks. Missing without their card."""
    await tx.one(select(cards.c.person_id).where(cards.c.person_id == person_id))
    open_calls = await tx.all(
        select(calls)
        .where(calls.c.person_id == person_id, told_by(way), calls.c.settled_at.is_(None))
        .order_by(calls.c.due_at, calls.c.opened_at, calls.c.call_id)
    )
    rows = await tx.all(_with_facts().where(one_of(messages.c.message_id, [row.message_id for row in open_calls])))
    drafts = {draft.message_id: draft for draft in await _drafts(tx, rows, as_now=is_said_as_it_is_now)}
    stands = {row.message_id: (row.claim_state, row.claim_stopped) for row in rows}
    first = await what_comes_first(tx, person_id)
    drafts = {
        each: replace(draft, facts={**draft.facts, **no_longer_true(draft.facts, *stands[each], first, tx.today)})
        for each, draft in drafts.items()
    }
    return [(row, drafts[row.message_id]) for row in open_calls]


_TROUBLE = text("messages.state IN ('failed', 'unknown')")
"""Must equal the condition of the index ix_messages_trouble."""


async def messages_in_trouble(tx: Transaction, after: str | None = None) -> tuple[Sequence[Row[Any]], str | None]:
    """NOT-06: messages that failed for good or may have failed, newest first, with whom they were for; and where the
    next page begins.

    Messages of a concern are left out: the reader may be whom it is about, and its own clock passes it to the deputy
    (FB-09). So are letters: who did not get one is rung."""
    in_trouble = (
        select(
            messages,
            cards.c.person_id,
            cards.c.name,
            cards.c.told_apart_by,
            func.coalesce(opportunities.c.title, "").label("title"),
        )
        .join(cards, cards.c.person_id == messages.c.participant_id)
        .outerjoin(opportunities, opportunities.c.opportunity_id == messages.c.opportunity_id)
        .where(_TROUBLE, messages.c.kind != Kind.SAFEGUARDING, messages.c.channel != LETTER)
    )
    return await page_of(tx, in_trouble, messages.c.created_at, messages.c.message_id, after=after, newest_first=True)
