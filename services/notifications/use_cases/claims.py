"""Following a claim: what its owner hears of it, and whose turn it is next."""

from datetime import date
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.notifications.domain.claims import (
    claim_happening,
    claim_is_late,
    claim_state,
    owner_hears,
    tasks_left_alone,
)
from services.notifications.domain.tasks import Addressee
from services.notifications.tables import claims
from services.notifications.use_cases import calls, messages, tasks
from services.notifications.use_cases.opportunities import must_know
from shared.db import Transaction, participant_values
from shared.events import ParticipantRef
from shared.events.payments import (
    BankDetailsChanged,
    BankDetailsToConfirm,
    BankDetailsWanted,
    ClaimApproved,
    ClaimClockChanged,
    ClaimDeclined,
    ClaimOpened,
    ClaimOverdue,
    ClaimOwedAgain,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
    ClaimToPay,
    ClaimWithdrawn,
    MeetingWanted,
    PersonToConfirm,
)
from shared.reasons import NotYet

_SUMS = (
    *(
        "amount_pence",
        "recognition",
        "not_agreed_pence",
        "waiting_pence",
        "waiting_lines",
        "rest_refused",
        "because",
        "else_because",
        "on_hold",
    ),
    *(
        "rest_pence",
        "rest_recognition",
        "was_agreed",
        "first_claim_pence",
        "waits_for_bank",
        "bank_paid",
        "in_part",
        "sent",
        "stands",
        "tried",
        "fault",
        "details_wait",
        "person_waits",
        "asks_details",
        "ground",
    ),
)
"""What a message says of a claim besides its opportunity."""

ClaimEvent = (
    ClaimOpened
    | ClaimSubmitted
    | ClaimApproved
    | ClaimRefused
    | ClaimReturned
    | ClaimOwedAgain
    | ClaimDeclined
    | ClaimPaid
    | ClaimWithdrawn
)


async def hear_claim(tx: Transaction, event: ClaimEvent) -> None:
    """Keeps the claim's state, opens and settles tasks, and tells its owner, unless we already know something later."""
    await must_know(tx, event.opportunity_id)
    happening = claim_happening(
        event.name,
        getattr(event, "rest_recognition", None),
        in_part=getattr(event, "in_part", False),
        rest_to_come=getattr(event, "rest_to_come", True),
        needs_receipt=getattr(event, "receipt_by", None) is not None,
    )
    newest, heard_before = await _keep(tx, event, claim_state(happening)), getattr(event, "heard_before", False)
    left_alone = tasks_left_alone(asks_owner=getattr(event, "asks_owner", False))
    await _follow_task(tx, happening, event, but=left_alone)
    if newest:
        await _hear_lateness(tx, event)
        if not heard_before:  # a call that says the same is still to be made
            await calls.overtaken(tx, event.name, event.claim_id)
        await calls.settled_by(tx, happening, event.claim_id)
    told = heard_before or getattr(event, "agreed", False)
    if newest and owner_hears(event.name, getattr(event, "because", ""), told_elsewhere=told):
        await messages.tell(
            tx,
            event.participant,
            event.name,
            about=event.claim_id,
            opportunity_id=event.opportunity_id,
            session_id=event.session_id,
            **_sums(event),
        )


async def _hear_lateness(tx: Transaction, event: ClaimEvent) -> None:
    """PAY-07: a claim that was late when it was agreed has a task until all of it is paid. A repeated payment has its
    full days again (PAY-12)."""
    if isinstance(event, ClaimOwedAgain):
        await tx.execute(update(claims).where(claims.c.claim_id == event.claim_id).values(overdue=False))
    elif isinstance(event, ClaimApproved) and await tx.scalar(
        select(claims.c.overdue).where(claims.c.claim_id == event.claim_id)
    ):
        await _is_late(tx, event)


async def _is_late(tx: Transaction, event: ClaimApproved | ClaimOverdue) -> None:
    person_id, opportunity_id = event.participant.id, event.opportunity_id
    await tasks.follow(
        tx, "claim-late", event.claim_id, event.version, person_id=person_id, opportunity_id=opportunity_id
    )


async def hear_bank_details(tx: Transaction, event: BankDetailsChanged) -> None:
    """PAY-13: tells the owner by a separate way, in case the change was not theirs."""
    said = {"set_aside": event.set_aside, "first": event.first}
    await messages.tell(tx, event.participant, event.name, about=event.details_id, mine=True, **said)
    if event.entered_by is not None:
        entered = ParticipantRef(kind="person", id=event.entered_by, home=event.participant.home)
        await messages.tell(tx, entered, event.name, about=event.details_id, set_aside=event.set_aside, mine=False)


async def hear_to_pay(tx: Transaction, event: ClaimToPay) -> None:
    """PAY-12: a task until finance has paid it, or put all that is owed into a run; never for the payee (PAY-10)."""
    await _follow_task(tx, "claim-to-pay" if event.waiting else "claim-in-run", event)


async def _follow_task(
    tx: Transaction, happening: str, event: ClaimEvent | ClaimToPay, *, but: frozenset[str] = frozenset()
) -> None:
    await tasks.follow(
        tx,
        happening,
        event.claim_id,
        event.version,
        person_id=event.participant.id,
        opportunity_id=event.opportunity_id,
        due_on=getattr(event, "receipt_by", None),
        but=but,
    )


async def hear_details_to_confirm(tx: Transaction, event: BankDetailsToConfirm) -> None:
    """PAY-13: a task until they are confirmed or replaced; not for people who entered them or added the person."""
    to = Addressee(role="finance", except_for=frozenset(event.not_for))
    happening = "details-wait" if event.waiting else "details-done"
    await calls.settled_by(tx, happening, event.details_id)
    await tasks.follow(
        tx, happening, event.details_id, event.version, to=to, person_id=event.participant.id, due_on=event.confirm_by
    )


async def hear_details_wanted(tx: Transaction, event: BankDetailsWanted) -> None:
    """PAY-13: a task for their owner until we have them. A mail has already told them which details we no longer
    use."""
    happening = "details-wanted" if event.waiting else "details-given"
    to = Addressee(people=frozenset({event.person_id}))
    await tasks.follow(tx, happening, event.person_id, event.version, to=to, person_id=event.person_id)


async def hear_meeting_wanted(tx: Transaction, event: MeetingWanted) -> None:
    """PAY-13: a task for the owner of bank details whom we cannot ring about them."""
    to = Addressee(people=frozenset({event.person_id}))
    happening = "meeting-wanted" if event.waiting else "meeting-not-wanted"
    await tasks.follow(tx, happening, event.person_id, event.version, to=to, person_id=event.person_id)


async def hear_person_to_confirm(tx: Transaction, event: PersonToConfirm) -> None:
    """PAY-10: a task for finance, or for approvers if everybody in finance had a hand in it, until somebody has rung or
    met them, or no payment is on its way."""
    to = Addressee(role="finance", except_for=frozenset(event.not_for))
    happening = "person-waits" if event.waiting else "person-done"
    await tasks.follow(
        tx, happening, event.person_id, event.version, to=to, person_id=event.participant.id, due_on=event.confirm_by
    )


async def hear_clock(tx: Transaction, event: ClaimClockChanged) -> None:
    """PAY-07: while its owner holds a payment it is not due; afterwards it has the days that were left (PAY-09)."""
    changed = update(claims).where(claims.c.claim_id == event.claim_id)
    newer = {"stopped": event.stopped, "pay_by": event.pay_by, "clock_version": event.version}
    newer |= {"aim_by": event.aim_by} if event.aim_by is not None else {}
    if event.stopped:
        newer["overdue"] = False
        await tasks.follow(tx, "claim-held", event.claim_id, event.version)
    if await tx.first(select(claims.c.claim_id).where(claims.c.claim_id == event.claim_id).with_for_update()) is None:
        raise NotYet("the claim whose clock changed")
    await tx.execute(changed.where(claims.c.clock_version < event.version).values(newer))


async def hear_overdue(tx: Transaction, event: ClaimOverdue) -> None:
    """PAY-07: approvers are told that someone waits for their money, unless it has been settled in the meantime."""
    await must_know(tx, event.opportunity_id)
    claim = await tx.first(
        select(claims.c.state, claims.c.version).where(claims.c.claim_id == event.claim_id).with_for_update()
    )
    if claim is None:
        await _add_overdue(tx, event)
    elif not claim_is_late(claim.state, claim.version, event.version):
        return
    else:
        await tx.execute(
            update(claims).where(claims.c.claim_id == event.claim_id).values(overdue=True, pay_by=event.pay_by)
        )
    in_part = claim is not None and claim.state in ("part-paid", "paid")  # "paid": stored by an earlier program
    if in_part or (claim is not None and claim.state == "approved"):
        await _is_late(tx, event)
    facts: dict[str, Any] = {
        "about": event.claim_id,
        "opportunity_id": event.opportunity_id,
        "session_id": event.session_id,
    }
    await messages.tell_role(tx, "approver", event.name, **facts, else_because="rest" if in_part else "")


async def _keep(tx: Transaction, event: ClaimEvent, state: str) -> bool:
    """False if we know a later state. A missing sum or date is filled in from any event."""
    values = _row(event, event.version, state, getattr(event, "pay_by", None), tx) | {
        "amount_pence": getattr(event, "amount_pence", None),
        "aim_by": getattr(event, "aim_by", None),
        "recognition": getattr(event, "recognition", None),
    }
    statement = insert(claims).values(values)
    new, newer = statement.excluded, claims.c.version < event.version
    kept = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["claim_id"],
            set_={
                "version": func.greatest(claims.c.version, event.version),
                "state": case((newer, new.state), else_=claims.c.state),
                "changed_at": case((newer, new.changed_at), else_=claims.c.changed_at),
                "amount_pence": _latest_known(newer, new.amount_pence, claims.c.amount_pence),
                "overdue": claims.c.overdue
                & ~func.coalesce(newer & (new.pay_by > claims.c.pay_by), False),  # late only after the new last day
                "recognition": _latest_known(newer, new.recognition, claims.c.recognition),
                "pay_by": _latest_known(newer & (claims.c.clock_version < event.version), new.pay_by, claims.c.pay_by),
                "aim_by": _latest_known(newer & (claims.c.clock_version < event.version), new.aim_by, claims.c.aim_by),
            },
        ).returning(claims.c.version)
    )
    return kept.scalar_one() == event.version


def _latest_known(newer: Any, new: Any, old: Any) -> Any:
    return case((newer, func.coalesce(new, old)), else_=func.coalesce(old, new))


async def _add_overdue(tx: Transaction, event: ClaimOverdue) -> None:
    """It arrived before the claim's other events, which are all newer."""
    values = _row(event, 0, claim_state("claim-submitted"), event.pay_by, tx) | {"overdue": True}
    await tx.execute(insert(claims).values(values))


def _row(
    event: ClaimEvent | ClaimOverdue, version: int, state: str, pay_by: date | None, tx: Transaction
) -> dict[str, Any]:
    return {
        "claim_id": event.claim_id,
        "version": version,
        "state": state,
        "opportunity_id": event.opportunity_id,
        "session_id": event.session_id,
        **participant_values(event.participant),
        "pay_by": pay_by,
        "changed_at": tx.now,
    }


def _sums(event: ClaimEvent) -> dict[str, Any]:
    days = {name: getattr(event, name, None) for name in ("session_date", "receipt_by")}
    said = {name: day.isoformat() for name, day in days.items() if day is not None}
    lines = {"lines": [each.model_dump() for each in getattr(event, "lines", ())]}
    return {name: getattr(event, name) for name in _SUMS if hasattr(event, name)} | said | lines
