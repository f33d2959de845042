"""FB-09: safeguarding concerns, and who looks after them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, all_, any_, exists, func, literal, literal_column, not_, or_, select

from services.feedback.domain.safeguarding import Source, parts_missing, source_of
from services.feedback.domain.who_reads import Colleague, Named, Part, sees_concern
from services.feedback.queries.names import names_of
from services.feedback.tables import asked_hosts, cards, concerns, items, namings, organisations
from shared.db import Transaction, one_of
from shared.paging import page_of


async def open_concerns(tx: Transaction, person_id: UUID) -> list[Row[Any]]:
    """What this person may see of open concerns, by clock (FB-09)."""
    query = (
        _concerns()
        .where(concerns.c.settled_at.is_(None), _told(person_id))
        .order_by(concerns.c.respond_by, concerns.c.concern_id)
    )
    return [row for row in await tx.all(query) if _sees(person_id, row)]


async def ended_concerns(
    tx: Transaction, person_id: UUID, here: Collection[UUID], after: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """A page of settled concerns, newest first: those that this person was given, and those that were given to nobody
    who is here. The caller checks who may see them."""
    had = concerns.c.given.op("||")(concerns.c.told).op("||")(concerns.c.deputy_id)
    one = func.unnest(had, type_=Uuid()).column_valued("one")
    kept = exists(select(one).where(one_of(one, here), one != all_(concerns.c.about)))
    theirs = or_(literal(person_id) == any_(had), not_(kept))
    query = _concerns().where(concerns.c.settled_at.is_not(None), theirs)
    return await page_of(tx, query, concerns.c.settled_at, concerns.c.concern_id, after=after, newest_first=True)


async def concern(tx: Transaction, concern_id: UUID) -> Row[Any] | None:
    """None if there is none. The caller checks who may see it."""
    return await tx.first(_concerns().where(concerns.c.concern_id == concern_id))


_SETS_ASIDE = (
    concerns.c.source_id.is_not(None),
    concerns.c.outcome.is_distinct_from(literal_column("'returned'")),  # written out, as ix_concerns_source has it
)


def source_of_concern(row: Row[Any]) -> tuple[Source, UUID] | None:
    """What it sets aside."""
    return source_of(row.read_at) if row.source_id else None


async def with_a_source(tx: Transaction, source_ids: Collection[UUID]) -> list[Row[Any]]:
    """Those that set one of these aside, open or dealt with (FB-09)."""
    return list(await tx.all(_concerns().where(*_SETS_ASIDE, one_of(concerns.c.source_id, source_ids))))


async def beside(tx: Transaction, row: Row[Any]) -> list[Row[Any]]:
    """Those that set aside what this one does, or anything that may share its words: needs of one opportunity, and
    claims, of which their owners know more."""
    if (source := source_of_concern(row)) is None:
        return []
    kind, source_id = source
    if kind == "question":
        return await with_a_source(tx, [source_id])
    page = row.read_at.removesuffix(str(source_id))
    return list(await tx.all(_concerns().where(*_SETS_ASIDE, concerns.c.read_at.startswith(page, autoescape=True))))


async def about_by_source(tx: Transaction, source_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """FB-09: whom concerns are about, open or dealt with, by what they set aside; of these alone."""
    query = select(concerns.c.source_id, concerns.c.about).where(*_SETS_ASIDE, one_of(concerns.c.source_id, source_ids))
    about = dict[UUID, frozenset[UUID]]()
    for row in await tx.all(query):
        about[row.source_id] = about.get(row.source_id, frozenset()) | {*row.about}
    return about


def _told(person_id: UUID) -> Any:
    return or_(literal(person_id) == any_(concerns.c.told), concerns.c.deputy_id == person_id)


def _sees(person_id: UUID, row: Row[Any]) -> bool:
    giver = row.giver_id if row.giver_kind == "person" else None
    return sees_concern(person_id, {*row.told, row.deputy_id}, about=row.about, giver=giver)


def _concerns() -> Select[Any]:
    by, helper = cards.alias("raised_by_card"), cards.alias("helper_card")
    return (
        select(
            concerns,
            items.c.giver_id,
            items.c.giver_kind,
            items.c.words,
            items.c.received_on,
            items.c.giver_home,
            asked_hosts.c.host.label("asked_host"),
            cards.c.name.label("giver_name"),
            func.coalesce(organisations.c.display_name, items.c.giver_home).label("guest_of"),
            func.coalesce(by.c.name, asked_hosts.c.host_name).label("raised_by_name"),
            helper.c.name.label("helper_name"),
        )
        .outerjoin(items, items.c.item_id == concerns.c.item_id)
        .outerjoin(cards, (cards.c.person_id == items.c.giver_id) & (items.c.giver_kind == "person"))
        .outerjoin(organisations, organisations.c.name == items.c.giver_home)
        .outerjoin(by, by.c.person_id == concerns.c.raised_by)
        .outerjoin(helper, helper.c.person_id == concerns.c.helped_by)
        .outerjoin(asked_hosts, asked_hosts.c.item_id == items.c.item_id)
    )


@dataclass(frozen=True, slots=True)
class Leads:
    """Who was named, and since when. missing: which of the two there is not."""

    named: Named
    names: dict[UUID, str]
    since: datetime | None
    missing: tuple[Part, ...]


async def safeguarding_leads(tx: Transaction) -> Leads:
    row = await tx.first(select(namings).order_by(namings.c.naming_id.desc()).limit(1))
    named = Named(row.lead_id, row.deputy_id) if row else Named()
    people = [person for person in (named.lead, named.deputy) if person]
    held = await tx.all(select(cards).where(one_of(cards.c.person_id, people)))
    team = [Colleague(card.person_id, frozenset(card.roles), card.paused) for card in held]
    return Leads(named, await names_of(tx, people), row.named_at if row else None, parts_missing(named, team))
