"""Ending an opportunity well (OPP-12)."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update

from services.opportunities.contributions.queries import current
from services.opportunities.contributions.tables import contribution_records, contributions
from services.opportunities.ending import domain
from services.opportunities.ending.tables import claims_heard, feedback_heard
from services.opportunities.people.queries import names
from services.opportunities.people.tables import people
from services.opportunities.places.tables.places import attendance_records, attendances, needs, places
from services.opportunities.places.use_cases.bookings import end_needs
from services.opportunities.places.use_cases.taking import ACTIVE, end_waiting
from services.opportunities.publishing.use_cases.changing import tell_our_own
from services.opportunities.publishing.use_cases.sessions import say_sessions_cancelled
from services.opportunities.sharing.use_cases.announcing import guests_at, say_change_to_guests, say_withdrawn, share_of
from services.opportunities.words.domain import Host
from services.opportunities.work.use_cases import HAD_A_PLACE, say_what_is_done
from services.opportunities.writing.domain.differences import of_cancelled, of_closing
from services.opportunities.writing.tables import opportunities, sessions, sessions_of
from services.opportunities.writing.use_cases import lock_opportunity, refuse_personal
from shared.db import Transaction, one_of, participant_of
from shared.events.opportunities import OpportunityClosed
from shared.messaging import outbox, steps
from shared.reasons import Missing, refuse


async def ending_facts(tx: Transaction, opportunity_id: UUID) -> domain.EndingFacts:
    """The facts for the rules of ending, as of now."""
    opportunity = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    of_it = sessions.c.opportunity_id == opportunity_id
    not_cancelled = sessions.c.cancelled_at.is_(None)
    counted = select(
        func.count().filter(sessions.c.starts_at > tx.now).label("to_come"),
        func.count().filter(sessions.c.starts_at <= tx.now, sessions.c.ends_at > tx.now).label("running"),
        func.count().filter(sessions.c.starts_at <= tx.now).label("begun"),
    ).where(of_it, not_cancelled)
    ahead = await tx.one(counted)
    s, p = sessions.alias("s"), places.alias("p")
    has_register = select(attendances.c.id).where(attendances.c.session_id == s.c.id).exists()
    had_a_place = select(p.c.id).where(text(HAD_A_PLACE)).correlate(s).exists()
    no_register = select(func.count()).where(
        s.c.opportunity_id == opportunity_id,
        s.c.cancelled_at.is_(None),
        s.c.ends_at <= tx.now,
        ~has_register,
        had_a_place,
    )
    claims = await tx.all(select(claims_heard).where(claims_heard.c.opportunity_id == opportunity_id))
    waiting = (
        select(func.count())
        .select_from(feedback_heard)
        .where(feedback_heard.c.opportunity_id == opportunity_id, feedback_heard.c.waiting)
    )
    unanswered = (
        select(func.count())
        .select_from(needs.join(places, places.c.id == needs.c.place_id))
        .where(places.c.opportunity_id == opportunity_id, places.c.state == "taken", needs.c.state == "asked")
    )
    return domain.EndingFacts(
        sessions_to_come=ahead.to_come,
        sessions_running=ahead.running,
        begun=ahead.begun > 0 or opportunity.closes_on is not None,
        open_until=_open_until(tx, opportunity),
        sessions_without_register=await tx.scalar(no_register),
        thanked=opportunity.thanked_at is not None,
        asked_to_stay=opportunity.asked_to_stay_at is not None,
        outcome=opportunity.outcome,
        attended_without_claim=len(await _without_claim(tx, opportunity_id)) if opportunity.paid else 0,
        claims=tuple(claim.state for claim in claims),
        feedback_waiting=await tx.scalar(waiting),
        needs_unanswered=await tx.scalar(unanswered),
        is_closed=opportunity.state == "closed",
    )


def _open_until(tx: Transaction, row: Row[Any]) -> date | None:
    still_open = row.state == "published" and row.closes_on is not None and row.closes_on >= tx.today
    return row.closes_on if still_open else None


def _present(opportunity_id: UUID) -> Any:
    """Attendances whose current record says that the person was there."""
    holds = (attendance_records.c.attendance_id == attendances.c.id) & (
        attendance_records.c.version == attendances.c.version
    )
    return (
        select(attendances)
        .join(attendance_records, holds)
        .join(sessions, sessions.c.id == attendances.c.session_id)
        .where(sessions.c.opportunity_id == opportunity_id, attendance_records.c.present)
        .order_by(attendances.c.id)
    )


def _contributed(opportunity_id: UUID) -> Any:
    """OPP-18: contributions that count, earliest first."""
    of_it = contributions.c.opportunity_id == opportunity_id, contribution_records.c.counts
    return current().where(*of_it).order_by(contributions.c.id)


async def _without_claim(tx: Transaction, opportunity_id: UUID) -> Sequence[Row[Any]]:
    """Who took part. Guests are left out: their home organisation makes their claims (NET-03)."""
    has_claim = (
        select(claims_heard.c.claim_id)
        .where(
            claims_heard.c.session_id == attendances.c.session_id,
            claims_heard.c.participant_kind == attendances.c.participant_kind,
            claims_heard.c.participant_id == attendances.c.participant_id,
            claims_heard.c.participant_home == attendances.c.participant_home,
        )
        .exists()
    )
    of_ours = attendances.c.participant_kind == "person"
    has_claim_too = select(claims_heard.c.claim_id).where(claims_heard.c.session_id == contributions.c.id).exists()
    attended = await tx.all(_present(opportunity_id).where(of_ours, ~has_claim))
    return [*attended, *await tx.all(_contributed(opportunity_id).where(~has_claim_too))]


async def whose_claims_wait(tx: Transaction, opportunity_id: UUID) -> list[str]:
    """For staff: the names of those of ours whose claims are not settled, or have not come yet."""
    claims = claims_heard.c.opportunity_id == opportunity_id
    rows = await tx.all(select(claims_heard.c.participant_id, claims_heard.c.state).where(claims))
    waiting = {row.participant_id for row in rows if not domain.is_settled(row.state)}
    if await tx.scalar(select(opportunities.c.paid).where(opportunities.c.id == opportunity_id)):
        waiting |= {row.participant_id for row in await _without_claim(tx, opportunity_id)}
    return sorted((await names(tx, list(waiting))).values())


async def whom_no_thanks_reach(tx: Transaction, opportunity_id: UUID) -> list[str]:
    """NOT-08: for staff: the names of those of ours who took part and whom no message can reach."""
    took_part = [*await tx.all(_present(opportunity_id)), *await tx.all(_contributed(opportunity_id))]
    ours = {row.participant_id for row in took_part if row.participant_kind == "person"}
    nobody_tells = people.c.reached_by_message.is_(False), ~people.c.by_letter
    unreached = select(people.c.name).where(one_of(people.c.person_id, ours), *nobody_tells)
    return [row.name for row in await tx.all(unreached.order_by(people.c.name))]


async def write_outcome(tx: Transaction, opportunity_id: UUID, outcome: str, host: Host | None = None) -> None:
    """Keeps what came of it; the public page shows it."""
    await refuse_personal(tx, await lock_opportunity(tx, opportunity_id), "outcome", outcome, host)
    await _set(tx, opportunity_id, "outcome-written", outcome=outcome)


async def mark_thanked(tx: Transaction, opportunity_id: UUID) -> None:
    await _set(tx, opportunity_id, "people-thanked", thanked_at=tx.now)


async def mark_asked_to_stay(tx: Transaction, opportunity_id: UUID) -> None:
    """People were asked whether they want to stay involved."""
    await _set(tx, opportunity_id, "people-asked-to-stay", asked_to_stay_at=tx.now)


async def _set(tx: Transaction, opportunity_id: UUID, what: str, **values: Any) -> None:
    row = await lock_opportunity(tx, opportunity_id)
    refuse(domain.reasons_not_to_write_ending(row.state, begun=await _has_begun(tx, row)))
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    await steps.add(tx, what, about=opportunity_id)


async def _has_begun(tx: Transaction, row: Row[Any]) -> bool:
    """People do it in their own time from when it is published."""
    if row.closes_on is not None:
        return True
    begun = (
        sessions.c.opportunity_id == row.id,
        sessions.c.cancelled_at.is_(None),
        sessions.c.starts_at <= tx.now,
    )
    return await tx.first(select(sessions.c.id).where(*begun).limit(1)) is not None


async def finish(tx: Transaction, opportunity_id: UUID, reason: str = "", host: Host | None = None) -> None:
    """Staff say, at any time, that it is over. What is still missing stays listed.

    Coming sessions are cancelled, and everyone with a place is told: reason is what they read. The waiting list
    ends."""
    row = await lock_opportunity(tx, opportunity_id)
    refuse(domain.reasons_not_to_finish(row.state))
    await _cancel_sessions_to_come(tx, row, reason, host)
    values = {"state": "finished", "version": opportunities.c.version + 1, "finished_at": tx.now}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    await steps.add(tx, "finished", about=opportunity_id)
    await end_waiting(tx, opportunity_id)
    await say_withdrawn(tx, opportunity_id, "closed")
    await say_what_is_done(tx, opportunity_id)


async def cancel_sessions_to_come(tx: Transaction, opportunity_id: UUID, reason: str, host: Host) -> None:
    """Cancels the sessions that were still to come when it was marked finished. Everyone with a place is told."""
    row = await lock_opportunity(tx, opportunity_id)
    if row.state != "finished":
        raise Missing
    await _cancel_sessions_to_come(tx, row, reason, host)
    await end_waiting(tx, opportunity_id)


async def _cancel_sessions_to_come(tx: Transaction, row: Row[Any], reason: str, host: Host | None) -> None:
    """row: the opportunity's, locked. Bookings for these sessions go on the list of what to cancel."""
    await refuse_personal(tx, row, "reason", reason, host)
    held = await tx.all(select(places).where(places.c.opportunity_id == row.id, places.c.state.in_(ACTIVE)))
    if (open_until := _open_until(tx, row)) is not None:
        refuse(domain.reasons_not_to_end_before_closing(open_until, len(held), reason))
        await _close_now(tx, row.id, open_until, reason, is_told=bool(held))
        return
    planned = await tx.all(sessions_of(row.id))
    to_come = [session for session in planned if session.starts_at > tx.now]
    begun = len(planned) - len(to_come)
    refuse(domain.reasons_not_to_end_early(len(to_come), begun or row.state == "finished", len(held), reason))
    if not to_come:
        return
    await end_needs(tx, row.id, held)
    cancelled = {"cancelled_at": tx.now, "cancelled_because": reason}
    ids = [session.id for session in to_come]
    await tx.execute(update(sessions).where(one_of(sessions.c.id, ids)).values(**cancelled))
    await steps.add(tx, "sessions-cancelled", about=row.id, count=len(to_come))
    version = None
    if held:
        version = await _tell_of_cancelled_sessions(tx, row.id, reason, host, are_left=bool(begun))
    await say_sessions_cancelled(tx, row, to_come, version)


async def _close_now(tx: Transaction, opportunity_id: UUID, closed_on: date, reason: str, *, is_told: bool) -> None:
    """OPP-12: today is its last day, and whoever has a place is told why. closed_on: its last day until now."""
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(closes_on=tx.today))
    await steps.add(tx, "closed-early", about=opportunity_id)
    if is_told:
        await tell_our_own(tx, opportunity_id, of_closing((closed_on, ""), (tx.today, "")), reason)


async def _tell_of_cancelled_sessions(
    tx: Transaction, opportunity_id: UUID, reason: str, host: Host | None, *, are_left: bool
) -> int:
    """are_left: it had other sessions. If it had none, guests' homes hear that it is cancelled. Returns the version
    that our own services hear."""
    version = await tell_our_own(tx, opportunity_id, of_cancelled(), reason)
    share = await share_of(tx, opportunity_id)
    if host is None or share is None or share.said_version is None or not await guests_at(tx, opportunity_id):
        return version
    if are_left:
        await say_change_to_guests(tx, opportunity_id, host, ["time"], reason)
    else:
        await say_withdrawn(tx, opportunity_id, "cancelled", reason)
    return version


async def close(tx: Transaction, opportunity_id: UUID) -> None:
    """OPP-12: refused with everything that is missing, unless it was marked finished."""
    row = await lock_opportunity(tx, opportunity_id)
    facts = await ending_facts(tx, opportunity_id)
    refuse(domain.reasons_not_to_close(row.state, facts))
    version = row.version + 1
    values = {"state": "closed", "version": version, "closed_at": tx.now}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    took_part = [*await tx.all(_present(opportunity_id)), *await tx.all(_contributed(opportunity_id))]
    participants = tuple(dict.fromkeys(map(participant_of, took_part)))
    await outbox.add(
        tx,
        OpportunityClosed(
            version=version,
            opportunity_id=opportunity_id,
            participants=participants,
            asked_to_stay=facts.asked_to_stay,
            has_outcome=bool(row.outcome),
        ),
    )
    await steps.add(tx, "closed", about=opportunity_id, missing=len(domain.missing_before_close(facts)))
    await end_waiting(tx, opportunity_id)
    await say_withdrawn(tx, opportunity_id, "closed")
    await say_what_is_done(tx, opportunity_id)
