"""What pages and the API show. Whether something is overdue or on the board is the domain's to say."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Select, Text, and_, any_, cast, func, literal, or_, select

from services.feedback import domain
from services.feedback.tables import asked_hosts, cards, concerns, crossings, drafts, endings, items, namings, opportunities, organisations, responses, themes
from shared.clock import london_date
from shared.db import Transaction, one_of
from shared.paging import page_of
from shared.text import number_of, told_apart

ON_THE_BOARD = 30
"""Answers on one page of the board."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The host of what an item is about, if its giver let them read it. said: their newest answer, as it came."""

    host: str
    awaited: bool
    ending: domain.Ending | None
    said: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """Words that would cross to a host: exactly these, until they are let go or kept. agreed: by their giver."""

    host: str
    words: str
    agreed: bool
    act_by: date

    @property
    def seal(self) -> str:
        return domain.seal_of(self.words)


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as it is shown. giver_name is None for an anonymous giver; waiting_for is None once it ended."""

    item_id: UUID
    about: str
    about_name: str
    opportunity_id: UUID | None
    words: str
    received_on: date
    due_on: date
    overdue: bool
    waiting_for: str | None
    ending: domain.Ending | None
    ended_on: date | None
    response_id: UUID | None
    joined_to: UUID | None
    theme: str | None
    theme_id: UUID | None
    anonymous: bool
    giver_name: str | None
    guest_of: str | None
    """The organisation that a guest's feedback came from."""
    asked: Asked | None
    crossing: Crossing | None
    hear_by: domain.HearBy
    may_show: bool
    reopened_on: date | None
    reopened_why: str | None
    dealt_with_on: date | None
    """FB-09: the day on which what was a safeguarding concern was settled as dealt with."""
    may_withdraw: bool
    may_say_it_does_not_answer: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """One ending that an item had. text is what changed, why not, or why it is spam."""

    ending: domain.Ending
    ended_on: date
    text: str
    answered_by: str | None
    response_id: UUID | None
    said: str | None


@dataclass(frozen=True, slots=True)
class BoardEntry:
    """One answer on the public board: what people said, and what came of it."""

    ending: domain.Answer
    said: str
    text: str
    answered_by: str
    abouts: tuple[str, ...]
    opportunity_ids: tuple[UUID, ...]
    themes: tuple[str, ...]
    answered_on: date


@dataclass(frozen=True, slots=True)
class Board:
    """waiting and overdue count every item that has no answer yet, shown or not (FB-03)."""

    entries: tuple[BoardEntry, ...]
    waiting: int
    overdue: int
    answered: int
    themes: tuple[str, ...]
    after: str | None
    """Where the next page of entries begins."""


@dataclass(frozen=True, slots=True)
class ThemeView:
    theme_id: UUID
    name: str
    waiting: int
    ended: int


_DEALT_WITH = (
    select(func.max(concerns.c.settled_at)).where(concerns.c.item_id == items.c.item_id, concerns.c.outcome == "dealt-with").correlate(items).scalar_subquery()
)


def _views() -> Select[Any]:
    return (
        select(
            items,
            opportunities.c.title,
            themes.c.name.label("theme"),
            cards.c.name.label("giver_name"),
            func.coalesce(organisations.c.display_name, items.c.giver_home).label("guest_of"),
            asked_hosts.c.host_name.label("asked_host"),
            func.coalesce(asked_hosts.c.awaited, False).label("awaited"),
            asked_hosts.c.heard_ending,
            asked_hosts.c.heard_answer,
            crossings.c.host_name.label("crossing_to"),
            crossings.c.words.label("crossing_words"),
            crossings.c.agreed,
            crossings.c.act_by,
            _DEALT_WITH.label("dealt_with_at"),
        )
        .outerjoin(opportunities, opportunities.c.opportunity_id == items.c.opportunity_id)
        .outerjoin(themes, themes.c.theme_id == items.c.theme_id)
        .outerjoin(cards, (cards.c.person_id == items.c.giver_id) & (items.c.giver_kind == "person"))
        .outerjoin(organisations, organisations.c.name == items.c.giver_home)
        .outerjoin(asked_hosts, asked_hosts.c.item_id == items.c.item_id)
        .outerjoin(crossings, (crossings.c.item_id == items.c.item_id) & (crossings.c.state == "open"))
    )


_ORDINARY = items.c.ending.is_distinct_from("safeguarding")


def _view(row: Row[Any], today: date) -> ItemView:
    facts = domain.Item(id=row.item_id, waiting_for=row.waiting_for, ending=row.ending, reopened=row.reopened_on is not None)
    return ItemView(
        item_id=row.item_id,
        about=_about(row),
        about_name=row.about_name,
        opportunity_id=row.opportunity_id,
        words=row.words,
        received_on=row.received_on,
        due_on=row.due_on,
        overdue=facts.waiting and domain.is_overdue(row.due_on, today),
        waiting_for=domain.waiting_for_whom(row.waiting_for, row.waiting_for_name, reviewer=row.reviewer_role) if facts.waiting else None,
        ending=row.ending,
        ended_on=row.ended_on,
        response_id=row.response_id,
        joined_to=row.joined_to,
        theme=row.theme,
        theme_id=row.theme_id,
        anonymous=row.giver_id is None,
        giver_name=row.giver_name,
        guest_of=row.guest_of if row.giver_kind == "guest" else None,
        asked=Asked(row.asked_host, row.awaited, row.heard_ending, row.heard_answer or "") if row.asked_host else None,
        crossing=Crossing(row.crossing_to, row.crossing_words, row.agreed, row.act_by) if row.crossing_to and facts.waiting else None,
        hear_by=row.hear_by,
        may_show=row.may_show,
        reopened_on=row.reopened_on,
        reopened_why=row.reopened_why,
        dealt_with_on=london_date(row.dealt_with_at) if row.ending == "safeguarding" and row.dealt_with_at else None,
        may_withdraw=not domain.reasons_not_to_withdraw(facts),
        may_say_it_does_not_answer=not domain.reasons_not_to_say_it_does_not_answer(facts),
    )


def _about(row: Row[Any]) -> str:
    return row.title or row.about_name or ("one of our opportunities" if row.about == "opportunity" else "us")


# Giving


async def draft(tx: Transaction, secret: str) -> tuple[dict[str, Any], datetime] | None:
    """The answers so far, and until when they are kept, in machine time."""
    row = await tx.first(select(drafts).where(drafts.c.key == domain.draft_key(secret), drafts.c.expires_at > func.clock_timestamp()))
    return (dict(row.answers), row.expires_at) if row else None


@dataclass(frozen=True, slots=True)
class Opportunity:
    """host: what the organisation is called that holds it, or "" if it is ours."""

    title: str
    host: str


async def opportunity(tx: Transaction, opportunity_id: UUID) -> Opportunity | None:
    row = await tx.first(select(opportunities).where(opportunities.c.opportunity_id == opportunity_id))
    return Opportunity(row.title, row.host_name or row.host) if row else None


async def has_code(tx: Transaction, code_hash: bytes) -> bool:
    return await tx.first(select(items.c.item_id).where(items.c.code_hash == code_hash)) is not None


# The giver


def _theirs(person_id: UUID, *, helped: bool) -> Any:
    """helped: somebody who works here sits with them. What is with the safeguarding lead may be about that very person (FB-09)."""
    theirs = and_(items.c.giver_kind == "person", items.c.giver_id == person_id)
    return and_(theirs, _ORDINARY) if helped else theirs


Items = tuple[list[ItemView], str | None]
"""A page of a list, and where the next begins."""


async def _page(tx: Transaction, query: Select[Any], *key: Any, today: date, after: str | None, newest_first: bool = False) -> Items:
    rows, next_after = await page_of(tx, query, *key, items.c.item_id, after=after, newest_first=newest_first)
    return [_view(row, today) for row in rows], next_after


async def mine(tx: Transaction, person_id: UUID, today: date, after: str | None = None, *, helped: bool) -> Items:
    theirs = _views().where(_theirs(person_id, helped=helped))
    return await _page(tx, theirs, items.c.received_on, today=today, after=after, newest_first=True)


async def own(tx: Transaction, person_id: UUID, item_id: UUID, today: date, *, helped: bool) -> ItemView:
    return _view(await tx.one(_views().where(items.c.item_id == item_id, _theirs(person_id, helped=helped))), today)


async def by_code(tx: Transaction, code_hash: bytes, today: date) -> ItemView:
    return _view(await tx.one(_views().where(items.c.code_hash == code_hash)), today)


async def speaker_of(tx: Transaction, view: ItemView, today: date) -> ItemView | None:
    """The item that this one was joined to."""
    if view.joined_to is None:
        return None
    row = await tx.first(_views().where(items.c.item_id == view.joined_to))
    return _view(row, today) if row else None


async def endings_of(tx: Transaction, item_id: UUID) -> list[Ended]:
    """Every ending that the item had, oldest first, but for what is the safeguarding lead's alone."""
    query = (
        select(endings, responses.c.text, responses.c.answered_by, responses.c.answered_by_name, responses.c.said)
        .outerjoin(responses, responses.c.response_id == endings.c.response_id)
        .where(endings.c.item_id == item_id, endings.c.ending != "safeguarding")
        .order_by(endings.c.ending_id)
    )
    return [_ended(row) for row in await tx.all(query)]


async def answers_of(tx: Transaction, item_id: UUID) -> list[Ended]:
    """The answers to an item, for those whose own was joined to it."""
    return [ended for ended in await endings_of(tx, item_id) if ended.ending in domain.ANSWERS]


def _ended(row: Row[Any]) -> Ended:
    whom = domain.waiting_for_whom(row.answered_by, row.answered_by_name, reviewer=None) if row.answered_by else None
    return Ended(row.ending, row.ended_on, row.text or row.reason, whom, row.response_id, row.said)


async def response(tx: Transaction, response_id: UUID) -> Row[Any]:
    """An answer. Missing if there is none, or if all that it answers is with the safeguarding lead (FB-09)."""
    ordinary = select(items.c.item_id).where(items.c.response_id == response_id, _ORDINARY).exists()
    return await tx.one(select(responses).where(responses.c.response_id == response_id, ordinary))


# Staff


async def waiting(tx: Transaction, today: date, after: str | None = None) -> Items:
    """What waits for an answer, the nearest end of its clock first (FB-03)."""
    return await _page(tx, _views().where(items.c.ending.is_(None)), items.c.due_on, today=today, after=after)


async def ended(tx: Transaction, today: date, after: str | None = None) -> Items:
    """The last to end first."""
    query = _views().where(items.c.ending.is_not(None), _ORDINARY)
    return await _page(tx, query, items.c.ended_on, today=today, after=after, newest_first=True)


async def for_staff(tx: Transaction, item_id: UUID, today: date) -> ItemView:
    """Missing for what is with the safeguarding lead (FB-09)."""
    return _view(await tx.one(_views().where(items.c.item_id == item_id, _ORDINARY)), today)


async def some_for_staff(tx: Transaction, item_ids: Collection[UUID], today: date) -> list[ItemView]:
    rows = await tx.all(_views().where(one_of(items.c.item_id, item_ids), _ORDINARY).order_by(items.c.due_on, items.c.item_id))
    return [_view(row, today) for row in rows]


async def could_speak_for(tx: Transaction, item_id: UUID, today: date, after: str | None = None) -> Items:
    """Items that this one may be joined to: about the same first, then the newest."""
    itself = await tx.one(select(items.c.about, items.c.about_name, items.c.opportunity_id).where(items.c.item_id == item_id))
    same = and_(items.c.about == itself.about, items.c.about_name == itself.about_name, items.c.opportunity_id.is_not_distinct_from(itself.opportunity_id))
    query = _views().where(items.c.item_id != item_id, items.c.ending.is_(None) | items.c.ending.in_(domain.ANSWERS))
    return await _page(tx, query, same, items.c.received_on, today=today, after=after, newest_first=True)


async def all_themes(tx: Transaction) -> list[ThemeView]:
    waiting = func.count(items.c.item_id).filter(items.c.ending.is_(None))
    ended = func.count(items.c.item_id).filter(items.c.ending != "safeguarding")
    counts = select(themes.c.theme_id, themes.c.name, waiting.label("waiting"), ended.label("ended")).outerjoin(items)
    rows = await tx.all(counts.group_by(themes.c.theme_id, themes.c.name).order_by(themes.c.name))
    return [ThemeView(row.theme_id, row.name, row.waiting, row.ended) for row in rows]


async def theme(tx: Transaction, theme_id: UUID, today: date, after: str | None = None) -> tuple[str, Items]:
    """Its name and a page of what is in it, waiting first. Missing if there is no such theme."""
    name = (await tx.one(select(themes.c.name).where(themes.c.theme_id == theme_id))).name
    query = _views().where(items.c.theme_id == theme_id, _ORDINARY)
    return name, await _page(tx, query, items.c.ending.is_not(None), items.c.due_on, today=today, after=after)


# The board


_ON_BOARD = and_(items.c.may_show, responses.c.said.is_not(None), responses.c.response_id == items.c.response_id, responses.c.ending == items.c.ending)
"""`domain.shown_on_board`, for an answer and what it answers."""


async def board(tx: Transaction, today: date, after: str | None = None, *, opportunity: UUID | None = None, theme: str | None = None) -> Board:
    """FB-06: a page of the answers that may be shown, the newest first; how many wait, and how many too long (FB-03).

    opportunity, theme: only answers to something shown that is about it, or in it.
    """
    filters = [_ON_BOARD]
    if opportunity is not None:
        filters.append(and_(_ON_BOARD, items.c.opportunity_id == opportunity))
    if theme is not None:
        filters.append(and_(_ON_BOARD, items.c.theme_id.in_(select(themes.c.theme_id).where(func.lower(themes.c.name) == theme.lower()))))
    shown = select(responses).where(*(select(items.c.item_id).where(which).correlate(responses).exists() for which in filters))
    answers, next_after = await page_of(tx, shown, responses.c.written_on, responses.c.response_id, after=after, most=ON_THE_BOARD, newest_first=True)
    waiting = await tx.all(select(items.c.due_on, func.count().label("number")).where(items.c.ending.is_(None)).group_by(items.c.due_on))
    answered = await tx.scalar(select(func.count()).where(items.c.ending.in_(domain.ANSWERS)))
    return Board(
        entries=await _entries(tx, [answer.response_id for answer in answers]),
        waiting=sum(day.number for day in waiting),
        overdue=sum(day.number for day in waiting if domain.is_overdue(day.due_on, today)),
        answered=answered,
        themes=tuple(row.name for row in await tx.all(_THEMES_ON_BOARD)),
        after=next_after,
    )


async def _entries(tx: Transaction, response_ids: Sequence[UUID]) -> tuple[BoardEntry, ...]:
    """In the order of response_ids."""
    columns = responses.c.said, responses.c.text, responses.c.answered_by, responses.c.answered_by_name, responses.c.written_on
    query = _views().add_columns(*columns).join(responses, responses.c.response_id == items.c.response_id)
    groups: dict[UUID, list[Row[Any]]] = {each: [] for each in response_ids}
    for row in await tx.all(query.where(_ON_BOARD, one_of(responses.c.response_id, response_ids)).order_by(items.c.item_id)):
        if domain.shown_on_board(row.ending, may_show=row.may_show, wording_checked=row.said is not None):
            groups[row.response_id].append(row)
    return tuple(_entry(group) for group in groups.values() if group)


_THEMES_ON_BOARD = (
    select(themes.c.name)
    .where(
        select(items.c.item_id).join(responses, responses.c.response_id == items.c.response_id).where(items.c.theme_id == themes.c.theme_id, _ON_BOARD).exists()
    )
    .order_by(themes.c.name)
)


def _entry(group: Sequence[Row[Any]]) -> BoardEntry:
    first = group[0]
    return BoardEntry(
        ending=first.ending,
        said=first.said,
        text=first.text,
        answered_by=domain.waiting_for_whom(first.answered_by, first.answered_by_name, reviewer=None),
        abouts=tuple(dict.fromkeys(_about(row) for row in group)),
        opportunity_ids=tuple(dict.fromkeys(row.opportunity_id for row in group if row.opportunity_id)),
        themes=tuple(dict.fromkeys(row.theme for row in group if row.theme)),
        answered_on=first.written_on,
    )


# Safeguarding


async def open_concerns(tx: Transaction, person_id: UUID) -> list[Row[Any]]:
    """What this person may see of what is not settled, by its clock (FB-09)."""
    query = _concerns().where(concerns.c.settled_at.is_(None), _told(person_id)).order_by(concerns.c.respond_by, concerns.c.concern_id)
    return [row for row in await tx.all(query) if _sees(person_id, row)]


async def ended_concerns(tx: Transaction, told: UUID | None, after: str | None) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of what was settled, the newest first. told: only what this person had; None for all. Who may see which is not asked here."""
    query = _concerns().where(concerns.c.settled_at.is_not(None), *([_told(told)] if told else []))
    return await page_of(tx, query, concerns.c.settled_at, concerns.c.concern_id, after=after, newest_first=True)


async def concern(tx: Transaction, concern_id: UUID) -> Row[Any] | None:
    """None if there is none. Who may see it is not asked here."""
    return await tx.first(_concerns().where(concerns.c.concern_id == concern_id))


def _told(person_id: UUID) -> Any:
    return or_(literal(person_id) == any_(concerns.c.told), concerns.c.deputy_id == person_id)


def _sees(person_id: UUID, row: Row[Any]) -> bool:
    giver = row.giver_id if row.giver_kind == "person" else None
    return domain.sees_concern(person_id, {*row.told, row.deputy_id}, about=row.about, giver=giver)


def _concerns() -> Select[Any]:
    by = cards.alias("raised_by_card")
    return (
        select(
            concerns,
            items.c.giver_id,
            items.c.giver_kind,
            items.c.words,
            items.c.received_on,
            cards.c.name.label("giver_name"),
            func.coalesce(organisations.c.display_name, items.c.giver_home).label("guest_of"),
            func.coalesce(by.c.name, asked_hosts.c.host_name).label("raised_by_name"),
        )
        .join(items, items.c.item_id == concerns.c.item_id)
        .outerjoin(cards, (cards.c.person_id == items.c.giver_id) & (items.c.giver_kind == "person"))
        .outerjoin(organisations, organisations.c.name == items.c.giver_home)
        .outerjoin(by, by.c.person_id == concerns.c.raised_by)
        .outerjoin(asked_hosts, asked_hosts.c.item_id == items.c.item_id)
    )


async def staff_names(tx: Transaction) -> list[tuple[UUID, str]]:
    """The people who work here, for naming whom a concern is about, and who looks after safeguarding."""
    works_here = cards.c.roles.overlap(sorted(domain.WORKS_HERE))
    rows = await tx.all(select(cards.c.person_id, cards.c.name).where(works_here).order_by(cards.c.name, cards.c.person_id))
    shown = told_apart([(row.name, f"our number {number_of(row.person_id)}") for row in rows])
    return [(row.person_id, name) for row, name in zip(rows, shown, strict=True)]


async def names_in(tx: Transaction, words: str) -> list[str]:
    """NET-02: everybody we know with a name, or a part of one, that stands in these words: for whoever reads them before they cross."""
    tokens = sorted({token.lower() for token in re.findall(r"[^\W\d_][\w'’-]{2,}", words)})
    parts = func.string_to_array(func.lower(cards.c.name), " ")
    rows = await tx.all(select(cards.c.name).where(parts.op("&&")(cast(tokens, ARRAY(Text)))).distinct().order_by(cards.c.name))
    return [row.name for row in rows]


async def names_of(tx: Transaction, people: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.all(select(cards.c.person_id, cards.c.name).where(one_of(cards.c.person_id, people)))
    return {row.person_id: row.name for row in rows}


@dataclass(frozen=True, slots=True)
class Leads:
    """Who was named, and since when. missing: of whom there is none now."""

    named: domain.Named
    names: dict[UUID, str]
    since: datetime | None
    missing: tuple[domain.Part, ...]


async def safeguarding_leads(tx: Transaction) -> Leads:
    row = await tx.first(select(namings).order_by(namings.c.naming_id.desc()).limit(1))
    named = domain.Named(row.lead_id, row.deputy_id) if row else domain.Named()
    people = [person for person in (named.lead, named.deputy) if person]
    held = await tx.all(select(cards).where(one_of(cards.c.person_id, people)))
    team = [domain.Colleague(card.person_id, frozenset(card.roles), card.paused) for card in held]
    return Leads(named, await names_of(tx, people), row.named_at if row else None, domain.parts_missing(named, team))
