"""Changing and cancelling what is published: told to everyone with a place, with the reason (OPP-16, NOT-05)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.opportunities.places.queries.how_full import ACTIVE
from services.opportunities.places.tables.places import places
from services.opportunities.places.use_cases.answering import answer_guests_with_a_place
from services.opportunities.places.use_cases.bookings import end_needs, note_what_to_cancel_of_session
from services.opportunities.publishing.domain import (
    CHANGEABLE,
    notice_after_moving,
    place_after_cancelling,
    reasons_not_to_cancel,
    reasons_not_to_cancel_session,
    reasons_not_to_change,
    reasons_not_to_change_session,
)
from services.opportunities.publishing.use_cases.sessions import (
    say_session_moved,
    say_sessions_added,
    say_sessions_cancelled,
)
from services.opportunities.sharing.domain import SHARED_TEXTS, is_change_said
from services.opportunities.sharing.use_cases import announcing
from services.opportunities.words.domain import Host, Policy, role_alone
from services.opportunities.work.use_cases import say_what_is_done
from services.opportunities.writing.domain import differences
from services.opportunities.writing.domain.differences import Difference, SessionPlan
from services.opportunities.writing.domain.drafts import (
    days_of_notice,
    needs_notice_reason,
    reasons_not_to_add_session,
    reasons_not_to_close_on,
    reasons_not_to_meet,
)
from services.opportunities.writing.tables import changes, draft_of, last_ends_at, opportunities, sessions, sessions_of
from services.opportunities.writing.use_cases import (
    NewSession,
    count_notice,
    insert_session,
    lock_opportunity,
    refuse_personal,
)
from shared.clock import london_date
from shared.db import Transaction, actor_values, participant_of
from shared.events.opportunities import OpportunityCancelled, OpportunityChanged
from shared.messaging import outbox, steps
from shared.reasons import Missing, Refused, refuse


async def change_texts(
    tx: Transaction, opportunity_id: UUID, kind: str, texts: Mapping[str, str], reason: str, host: Host
) -> bool:
    """Changes who can be asked, what it is for, or how it works in the room: kind is a key of CHANGEABLE. False if it
    is so already."""
    if unknown := texts.keys() - set(CHANGEABLE[kind]):
        raise ValueError(f"not texts of {kind}: {sorted(unknown)}")
    if "contact_role" in texts:
        texts = {**texts, "contact_role": role_alone(texts["contact_role"])}
    row = await lock_opportunity(tx, opportunity_id)
    planned = await tx.all(sessions_of(opportunity_id))
    refuse(reasons_not_to_change(row.state, _last_ends_at(tx, row, planned), texts, reason, tx.now))
    new = {name: text for name, text in texts.items() if text != row._mapping[name]}
    if not new:
        return False
    is_shared = await _is_said(tx, opportunity_id)
    for name, text in new.items():
        if name == "contact_role" or (is_shared and name in SHARED_TEXTS):
            await refuse_personal(tx, row, name, text, host)
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**new))
    await _tell(tx, opportunity_id, differences.of_texts(row._mapping, new), reason, host)
    return True


async def change_session(
    tx: Transaction,
    opportunity_id: UUID,
    session_id: UUID,
    plan: NewSession,
    reason: str,
    host: Host,
    policy: Policy = Policy(),
) -> bool:
    """Moves a session that has not begun to another time or place. False if it is so already.

    OPP-03: if it is moved nearer, its notice is counted again; if that is short, participants read the reason."""
    row = await lock_opportunity(tx, opportunity_id)
    of_it = (sessions.c.id == session_id) & (sessions.c.opportunity_id == opportunity_id)
    session = await tx.one(select(sessions).where(of_it).with_for_update())
    before = SessionPlan(session.starts_at, session.ends_at, session.venue, session.joining)
    after = SessionPlan(plan.starts_at, plan.ends_at, plan.venue, plan.joining)
    reasons = reasons_not_to_change(
        row.state, _last_ends_at(tx, row, await tx.all(sessions_of(opportunity_id))), {}, reason, tx.now
    )
    reasons += reasons_not_to_change_session(session.starts_at, tx.now, cancelled=session.cancelled_at is not None)
    reasons += reasons_not_to_add_session(plan.starts_at, plan.ends_at, tx.now)
    refuse(reasons)
    await refuse_personal(tx, row, "venue", plan.venue, host, is_place=True)
    changed = differences.of_session(before, after)
    if not changed:
        return False
    values = {"starts_at": plan.starts_at, "ends_at": plan.ends_at, "venue": plan.venue, "joining": plan.joining}
    await tx.execute(update(sessions).where(of_it).values(**values))
    await _recount_notice(tx, row, session, plan, reason, policy)
    await _forget_short_notice(tx, row.id, policy)
    if plan.joining != session.joining:
        await answer_guests_with_a_place(tx, opportunity_id)
    await say_session_moved(tx, session, await _tell(tx, opportunity_id, changed, reason, host))
    await say_what_is_done(tx, opportunity_id)
    return True


async def add_session_later(
    tx: Transaction, opportunity_id: UUID, plan: NewSession, reason: str, host: Host, policy: Policy = Policy()
) -> UUID:
    """Adds a session to what is published (OPP-16): everyone with a place has it too, and is told why. OPP-03: its
    notice is counted."""
    row = await lock_opportunity(tx, opportunity_id)
    reasons = reasons_not_to_change(
        row.state, _last_ends_at(tx, row, await tx.all(sessions_of(opportunity_id))), {}, reason, tx.now
    )
    reasons += reasons_not_to_meet(row.closes_on) + reasons_not_to_add_session(plan.starts_at, plan.ends_at, tx.now)
    refuse(reasons)
    await refuse_personal(tx, row, "venue", plan.venue, host, is_place=True)
    session_id = await insert_session(tx, opportunity_id, plan)
    days = days_of_notice(london_date(tx.now), london_date(plan.starts_at))
    await _write_notice(tx, row, session_id, "added", days, reason, policy)
    added = SessionPlan(plan.starts_at, plan.ends_at, plan.venue)
    version = await _tell(tx, opportunity_id, differences.of_new_session(added), reason, host)
    await say_sessions_added(tx, [session_id], version)
    await say_what_is_done(tx, opportunity_id)
    return session_id


async def change_closing(
    tx: Transaction,
    opportunity_id: UUID,
    closes_on: date,
    joining: str,
    reason: str,
    host: Host,
    policy: Policy = Policy(),
) -> bool:
    """OPP-16: another last day, or another way to do it. False if it is so already. Missing if it has sessions.

    OPP-03: if it closes earlier, its notice is counted again."""
    row = await lock_opportunity(tx, opportunity_id)
    if row.closes_on is None:
        raise Missing
    reasons = reasons_not_to_change(row.state, _last_ends_at(tx, row, []), {"how": joining}, reason, tx.now)
    refuse(reasons + reasons_not_to_close_on(row.kind, 0, closes_on, tx.now))
    changed = differences.of_closing((row.closes_on, row.joining), (closes_on, joining))
    if not changed:
        return False
    values = {"closes_on": closes_on, "joining": joining}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**values))
    if closes_on < row.closes_on:
        days = days_of_notice(london_date(tx.now), closes_on)
        await _write_notice(tx, row, None, "moved", days, reason, policy)
    await _forget_short_notice(tx, row.id, policy)
    await _tell(tx, opportunity_id, changed, reason, host)
    await say_what_is_done(tx, opportunity_id)
    return True


async def cancel_session(tx: Transaction, opportunity_id: UUID, session_id: UUID, reason: str, host: Host) -> None:
    """OPP-19: this session will not happen, the others will. Whoever has a place or waits for one is told why, and what
    was booked for it goes on the list of what to cancel. A second click changes nothing."""
    row = await lock_opportunity(tx, opportunity_id)
    of_it = (sessions.c.id == session_id) & (sessions.c.opportunity_id == opportunity_id)
    session = await tx.one(select(sessions).where(of_it).with_for_update())
    if session.cancelled_at is not None:
        return
    planned = await tx.all(sessions_of(opportunity_id))
    still_to_end = sum(each.ends_at > tx.now for each in planned)
    refuse(
        reasons_not_to_change(row.state, _last_ends_at(tx, row, planned), {}, reason, tx.now)
        + reasons_not_to_cancel_session(session.starts_at, still_to_end, len(planned), tx.now)
    )
    await tx.execute(update(sessions).where(of_it).values(cancelled_at=tx.now, cancelled_because=reason))
    await steps.add(tx, "session-cancelled", about=opportunity_id, session_id=session_id)
    await note_what_to_cancel_of_session(tx, opportunity_id, session_id)
    version = await _tell(tx, opportunity_id, differences.of_cancelled(), reason, host)
    await say_sessions_cancelled(tx, row, [session], version)
    await say_what_is_done(tx, opportunity_id)


async def _recount_notice(
    tx: Transaction, row: Row[Any], session: Row[Any], plan: NewSession, reason: str, policy: Policy
) -> None:
    days = notice_after_moving(session.starts_at, plan.starts_at, tx.now)
    if days is None:
        return
    await _write_notice(tx, row, session.id, "moved", days, reason, policy)


async def _write_notice(
    tx: Transaction, row: Row[Any], session_id: UUID | None, because: str, days: int, reason: str, policy: Policy
) -> None:
    """OPP-03: if notice is short, participants read the reason."""
    is_short = needs_notice_reason(days, policy)
    await count_notice(tx, row.id, session_id, because, days, policy, reason if is_short else "")
    if is_short:
        least = {"notice_days_given": min(days, row.notice_days_given), "notice_days_expected": policy.notice_days}
        await tx.execute(
            update(opportunities).where(opportunities.c.id == row.id).values(notice_reason=reason, **least)
        )


async def _forget_short_notice(tx: Transaction, opportunity_id: UUID, policy: Policy) -> None:
    """OPP-03: nobody reads why it is so soon once it is not. Each count of notice keeps the reason it had."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    day = draft_of(row, [each for each in await tx.all(sessions_of(row.id)) if each.starts_at > tx.now]).plan_from
    if not row.notice_reason or day is None or needs_notice_reason(days := (day - tx.today).days, policy):
        return
    values = {"notice_reason": "", "notice_days_given": days, "notice_days_expected": policy.notice_days}
    await tx.execute(update(opportunities).where(opportunities.c.id == row.id).values(**values))


def _last_ends_at(tx: Transaction, row: Row[Any], planned: Sequence[Row[Any]]) -> datetime:
    """A draft may have no sessions; the rule refuses it because it is a draft."""
    return last_ends_at(row, planned) or tx.now


async def _tell(tx: Transaction, opportunity_id: UUID, changed: Sequence[Difference], reason: str, host: Host) -> int:
    """Tells our own services that it has changed, and the network if it is shared or guests have places. Returns the
    version that our own hear."""
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    await refuse_personal(tx, row, "reason", reason, host)
    changed = [await _as_it_may_be_said(tx, row, each, host) for each in changed]
    planned = await tx.all(sessions_of(opportunity_id))
    share, is_said = await announcing.share_of(tx, opportunity_id), await _is_said(tx, opportunity_id)
    if share is not None and is_said:
        refuse(announcing.reasons_not_to_share(row, planned, announcing.offer_of(share), tx.now))
    version = await tell_our_own(tx, opportunity_id, changed, reason)
    if share is not None and is_said:
        say = announcing.say_shared if share.listed else announcing.say_change_to_guests
        kinds = differences.told_as(differences.kinds_of(changed))
        await say(tx, opportunity_id, host, kinds, reason)
    return version


async def _as_it_may_be_said(tx: Transaction, row: Row[Any], each: Difference, host: Host) -> Difference:
    """NET-02: words that may not be said now are not said as what was either: somebody has taken them out."""
    try:
        await refuse_personal(tx, row, each.about, each.was, host, is_place=each.about in ("time", "place"))
    except Refused:
        return replace(each, was="")
    return each


async def _is_said(tx: Transaction, opportunity_id: UUID) -> bool:
    """NET-01: whether other organisations hear of a change of it."""
    share = await announcing.share_of(tx, opportunity_id)
    return share is not None and is_change_said(share.listed, await announcing.guests_at(tx, opportunity_id))


async def tell_our_own(tx: Transaction, opportunity_id: UUID, changed: Sequence[Difference], reason: str) -> int:
    """Our own services hear its present state; the change is kept with its reason. Returns its version."""
    kinds = differences.kinds_of(changed)
    version = await announcing.next_version(tx, opportunity_id)
    row = await tx.one(select(opportunities).where(opportunities.c.id == opportunity_id))
    what = {
        "opportunity_id": opportunity_id,
        "version": version,
        "changed": list(kinds),
        "differences": differences.kept(changed),
        "reason": reason,
        "changed_at": tx.now,
    }
    await tx.execute(insert(changes).values(**what, **actor_values(tx.actor)))
    facts = announcing.facts(row, await tx.all(sessions_of(opportunity_id)), row.notice_reason)
    told: dict[str, Any] = {"changed": differences.told_as(kinds), "texts": differences.in_messages(changed)}
    await outbox.add(tx, OpportunityChanged(version=version, reason=reason, **told, **facts))
    await steps.add(tx, "changed", about=opportunity_id, version=version, changed=list(kinds))
    return version


async def cancel(tx: Transaction, opportunity_id: UUID, reason: str, host: Host | None = None) -> None:
    """It will not happen. Places end, open needs are withdrawn, everyone is told. A second click changes nothing."""
    row = await lock_opportunity(tx, opportunity_id)
    if row.state == "cancelled":
        return
    planned = await tx.all(sessions_of(opportunity_id))
    refuse(reasons_not_to_cancel(row.state, _last_ends_at(tx, row, planned), reason, tx.now))
    await refuse_personal(tx, row, "reason", reason, host)
    version = await announcing.next_version(tx, opportunity_id)
    await say_sessions_cancelled(tx, row, planned, version)
    ended = await _end_places(tx, opportunity_id, any(session.starts_at <= tx.now for session in planned))
    cancelled = {"state": "cancelled", "cancelled_at": tx.now, "cancelled_because": reason}
    await tx.execute(update(opportunities).where(opportunities.c.id == opportunity_id).values(**cancelled))
    await outbox.add(
        tx,
        OpportunityCancelled(
            version=version,
            opportunity_id=opportunity_id,
            participants=tuple(map(participant_of, ended)),
            without_place=tuple(participant_of(place) for place in ended if place.state != "taken"),
            reason=reason,
        ),
    )
    await steps.add(tx, "cancelled", about=opportunity_id, version=version, places=len(ended))
    await announcing.say_withdrawn(tx, opportunity_id, "cancelled", reason)


async def _end_places(tx: Transaction, opportunity_id: UUID, a_session_has_begun: bool) -> Sequence[Row[Any]]:
    """Returns what ended or would have continued, as it was: the places of everyone who has, waits for, or was offered
    one."""
    active = await tx.all(
        select(places)
        .where(places.c.opportunity_id == opportunity_id, places.c.state.in_(ACTIVE))
        .order_by(places.c.queue_number)
    )
    await end_needs(tx, opportunity_id, active)
    for place in active:
        state = place_after_cancelling(place.state, a_session_has_begun)
        if state != place.state:
            values = {"state": state, "version": place.version + 1, "changed_at": tx.now, "answer_by": None}
            await tx.execute(update(places).where(places.c.id == place.id).values(**values))
    return active
