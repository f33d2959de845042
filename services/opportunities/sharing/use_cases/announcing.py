"""Tells our own services and the network of an opportunity. The caller has locked its row.

Each event has the next version of the opportunity, so that listeners know the latest in whatever order they arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, select, text, update

from services.opportunities.answers.queries import texts_of
from services.opportunities.places.domain.taking import place_for_newcomer
from services.opportunities.places.queries import how_full
from services.opportunities.places.queries.how_full import ACTIVE
from services.opportunities.places.tables.places import places
from services.opportunities.sharing import domain
from services.opportunities.sharing.domain import SHARED_TEXTS, SharedSession
from services.opportunities.sharing.tables import shares
from services.opportunities.words.domain import PUBLIC_TEXTS, Host, Offer
from services.opportunities.writing.queries import cancelled_sessions_of_each
from services.opportunities.writing.tables import opportunities, sessions_of
from shared.db import Transaction, one_of
from shared.events.listings import CancelledSession, OpportunityShared, OpportunityWithdrawn, PublicSession
from shared.events.opportunities import OpportunityCreated, SessionFacts
from shared.messaging import outbox, steps
from shared.reasons import Reason

LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class ToSay:
    """An opportunity to tell the network of: its row, its share's and its sessions'. waiting_list: whether a newcomer
    would wait. answers: those that everybody reads. cancelled: its sessions that were cancelled lately."""

    row: Row[Any]
    share: Row[Any]
    planned: Sequence[Row[Any]]
    waiting_list: bool
    answers: str
    cancelled: Sequence[Row[Any]] = ()


async def next_version(tx: Transaction, opportunity_id: UUID) -> int:
    of_it = opportunities.c.id == opportunity_id
    return await tx.scalar(
        update(opportunities)
        .where(of_it)
        .values(version=opportunities.c.version + 1)
        .returning(opportunities.c.version)
    )


def facts(row: Row[Any], planned: Sequence[Row[Any]], short_notice_reason: str) -> dict[str, Any]:
    """The fields of `OpportunityCreated` and `OpportunityChanged`, except the version."""
    return {
        **{
            name: row._mapping[name]
            for name in OpportunityCreated.model_fields.keys() & row._mapping.keys() - {"version"}
        },
        "opportunity_id": row.id,
        "sessions": tuple(
            SessionFacts(session_id=each.id, starts_at=each.starts_at, ends_at=each.ends_at, venue=each.venue)
            for each in planned
        ),
        "short_notice_reason": short_notice_reason,
    }


async def share_of(tx: Transaction, opportunity_id: UUID) -> Row[Any] | None:
    """The decision about sharing it, and what the network knows."""
    return await tx.first(select(shares).where(shares.c.opportunity_id == opportunity_id))


def offer_of(share: Row[Any]) -> Offer:
    return Offer(share.funding, share.expenses_cap_pence)


async def guests_at(tx: Transaction, opportunity_id: UUID) -> int:
    """The number of guests who have a place, wait for one, or were offered one."""
    active = (
        (places.c.opportunity_id == opportunity_id)
        & (places.c.participant_kind == "guest")
        & places.c.state.in_(ACTIVE)
    )
    return await tx.scalar(select(func.count()).select_from(places).where(active))


def reasons_not_to_share(row: Row[Any], planned: Sequence[Row[Any]], offer: Offer, now: datetime) -> list[Reason]:
    """The rule, applied to rows."""
    to_share = [SharedSession(each.ends_at, each.venue) for each in planned]
    texts = {name: row._mapping[name] for name in SHARED_TEXTS}
    in_own_time = row.closes_on is not None
    return domain.reasons_not_to_share(row.state, texts, row.paid, to_share, offer, now, in_own_time=in_own_time)


async def say_shared(
    tx: Transaction, opportunity_id: UUID, host: Host, changed: Sequence[Any] = (), reason: str = ""
) -> None:
    """Tells the network its present state (NET-01). The caller has checked the rules of sharing and written the share's
    row."""
    event = await _as_shared(tx, opportunity_id, host, changed, reason)
    await outbox.add(tx, event)
    said = {
        "listed": True,
        "said_version": event.version,
        "said_waiting_list": event.waiting_list,
        "said_at": func.now(),
    }
    await tx.execute(update(shares).where(shares.c.opportunity_id == opportunity_id).values(**said))
    facts = {"version": event.version, "funding": event.funding, "expenses_cap_pence": event.expenses_cap_pence}
    await steps.add(tx, "shared", about=opportunity_id, **facts)


async def say_change_to_guests(
    tx: Transaction, opportunity_id: UUID, host: Host, changed: Sequence[Any], reason: str
) -> None:
    """It is no longer shared, but guests kept their places, so their homes hear what has changed (NOT-05).

    The text has a version that is already withdrawn, and the withdrawal goes first. Organisations that list it update
    the text and tell people with a place, and nobody lists it again, in whatever order the two arrive."""
    now = await _as_shared(tx, opportunity_id, host, changed, reason)
    withdrawn = OpportunityWithdrawn(
        version=await next_version(tx, opportunity_id), opportunity_id=opportunity_id, because="not-shared", reason=""
    )
    await outbox.add(tx, withdrawn)
    await outbox.add(tx, now)
    await tx.execute(
        update(shares).where(shares.c.opportunity_id == opportunity_id).values(said_version=withdrawn.version)
    )
    await steps.add(tx, "change-said-to-guests", about=opportunity_id, version=now.version, changed=list(changed))


async def say_answers(tx: Transaction, opportunity_id: UUID, host: Host) -> None:
    """OPP-22: an answer is shown to everybody, or taken back: the homes of its guests hear the present ones."""
    share = await share_of(tx, opportunity_id)
    if share is not None and domain.is_change_said(share.listed, await guests_at(tx, opportunity_id)):
        if share.listed:
            await say_shared(tx, opportunity_id, host)
        else:
            await say_change_to_guests(tx, opportunity_id, host, (), "")


async def say_all_shared(tx: Transaction, to_say: Sequence[ToSay], host: Host) -> None:
    """As `say_shared`, for many whose text has not changed: a few statements, however many they are."""
    ids = [each.row.id for each in to_say]
    raised = update(opportunities).where(one_of(opportunities.c.id, ids)).values(version=opportunities.c.version + 1)
    versions = {
        row.id: row.version for row in await tx.all(raised.returning(opportunities.c.id, opportunities.c.version))
    }
    events = [_text_of(each, versions[each.row.id], host) for each in to_say]
    await outbox.add_all(tx, events)
    said = {
        "ids": ids,
        "versions": [event.version for event in events],
        "waiting": [event.waiting_list for event in events],
    }
    await tx.execute(_SAID, said)
    facts = [
        {"version": event.version, "funding": event.funding, "expenses_cap_pence": event.expenses_cap_pence}
        for event in events
    ]
    await steps.add_all(tx, "shared", list(zip(ids, facts, strict=True)))


_SAID = text(
    "UPDATE shares SET listed = true, said_version = said.version, said_waiting_list = said.waiting_list, said_at = "
    "now()"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:waiting AS boolean[])) AS said (id, "
    "version, waiting_list)"
    " WHERE shares.opportunity_id = said.id"
)


async def _as_shared(
    tx: Transaction, opportunity_id: UUID, host: Host, changed: Sequence[Any], reason: str
) -> OpportunityShared:
    """Its present public text, under its next version."""
    version = await next_version(tx, opportunity_id)
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    share = await tx.one(select(shares).where(shares.c.opportunity_id == opportunity_id))
    waiting_list = place_for_newcomer(await how_full.fullness_of(tx, row)) == "waiting"
    planned, answers = await tx.all(sessions_of(opportunity_id)), (await texts_of(tx, [opportunity_id]))[opportunity_id]
    cancelled = (await lately_cancelled(tx, [opportunity_id]))[opportunity_id]
    return _text_of(ToSay(row, share, planned, waiting_list, answers, cancelled), version, host, changed, reason)


async def lately_cancelled(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, list[Row[Any]]]:
    """OPP-19: the sessions of each that were cancelled alone, as long as a home that was cut off may hear of it."""
    found = await cancelled_sessions_of_each(tx, ids)
    since = tx.now - timedelta(days=40)
    return {it: [each for each in found[it] if each.starts_at > since][-60:] for it in ids}


def _text_of(said: ToSay, version: int, host: Host, changed: Sequence[Any] = (), reason: str = "") -> OpportunityShared:
    row, share = said.row, said.share
    return OpportunityShared(
        version=version,
        host_name=host.name[:LONGEST_NAME],
        sessions=tuple(
            PublicSession(session_id=each.id, starts_at=each.starts_at, ends_at=each.ends_at, venue=each.venue)
            for each in said.planned
        ),
        short_notice_reason=row.notice_reason,
        rate_pence=host.rate_pence if row.paid else None,
        funding=share.funding,
        expenses_cap_pence=share.expenses_cap_pence,
        waiting_list=said.waiting_list,
        url=f"{host.url}/opportunities/{row.id}",
        opportunity_id=row.id,
        changed=tuple(changed),
        reason=reason,
        answers=said.answers,
        cancelled=tuple(
            CancelledSession(session_id=each.id, cancelled_at=each.cancelled_at) for each in said.cancelled
        ),
        **{name: row._mapping[name] for name in (*PUBLIC_TEXTS, "kind", "mode", "paid")},
    )


async def say_withdrawn(
    tx: Transaction, opportunity_id: UUID, because: Literal["not-shared", "cancelled", "closed"], reason: str = ""
) -> None:
    """Tells the network, if it ever heard of it: guests may have places even after sharing stopped."""
    share = await share_of(tx, opportunity_id)
    if share is None or share.said_version is None or (because != "cancelled" and not share.listed):
        return
    version = await next_version(tx, opportunity_id)
    await outbox.add(
        tx,
        OpportunityWithdrawn(
            version=version,
            opportunity_id=opportunity_id,
            because=because,
            reason=reason,
            cancelled_at=tx.now if because == "cancelled" else None,
        ),
    )
    await tx.execute(
        update(shares).where(shares.c.opportunity_id == opportunity_id).values(listed=False, said_version=version)
    )
    await steps.add(tx, "withdrawn", about=opportunity_id, because=because, version=version)
