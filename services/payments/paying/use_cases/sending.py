"""Sending a payment run (PAY-10, PAY-12, PAY-13): who may, and what leaves."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select, text, update

from services.payments.approving import tables as approving_tables
from services.payments.ledger.use_cases import ledger
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER, may_not_release_what_they_confirmed
from services.payments.paying.domain import releasing
from services.payments.paying.domain.who_sends import Senders, ToSend, reasons_not_to_send, who_is_left
from services.payments.paying.use_cases import taken_out
from services.payments.paying.use_cases.runs import (
    locked_made_payments,
    look_again,
    made_payments,
    person_of,
    why_it_stays,
)
from services.payments.people import tables as people_tables
from services.payments.people.queries import everybody_of_finance
from services.payments.rows import locked
from shared.db import Transaction, one_of
from shared.messaging import steps
from shared.reasons import Reason, refuse


async def mark_sent(tx: Transaction, run_id: UUID, *, knows_of_changes: bool = False) -> dict[str, Any]:
    """PAY-10, PAY-12, PAY-13: the file went to the bank, or the vouchers were ordered. Returns the run's state, and how
    many were sent and dropped out.

    knows_of_changes: the bank has the file as it was fetched, whatever has changed since, so that is what was sent.
    """
    sender = person_of(tx)
    run = await locked(tx, owing_tables.payment_runs, run_id)
    found = await locked_made_payments(tx, run_id)
    why = {payment.id: why_it_stays(payment, file_is_out=run.fetched_at is not None) for payment in found}
    stays = [payment for payment in found if why[payment.id]]
    facts: dict[str, Any] = _what_leaves(run, found, why) | await _who_sends(tx, run, sender, found)
    refuse(reasons_not_to_send(ToSend(**facts, knows_of_changes=knows_of_changes)))
    refuse(releasing.reasons_to_wait_for_a_word(await taken_out.how_many_in_an_earlier_file(tx, run_id)))
    dropped = 0
    if run.fetched_at is None:
        found = await look_again(tx, run_id)
        dropped = len(stays)
    elif stays:
        told = [
            (payment.claim_id, {"run_id": run_id, "payment_id": payment.id, "because": why[payment.id]})
            for payment in stays
        ]
        await steps.add_all(tx, "sent-though-it-changed", told)
    await _send(tx, run_id, found, sender)
    await steps.add(tx, "payment-run-sent", about=run_id, payments=len(found), dropped=dropped)
    return {"state": "sent", "sent": len(found), "dropped": dropped}


def _what_leaves(run: Row[Any], found: Sequence[Row[Any]], why: Mapping[UUID, str]) -> dict[str, Any]:
    """The facts about what is in it. why: why each stays behind, by id; "" if it can leave."""
    stays = [payment for payment in found if why[payment.id]]
    perhaps_gone = [payment.perhaps_gone_in for payment in stays if why[payment.id] == "perhaps-gone"]
    return {
        "state": run.state,
        "left": len(found) - len(stays),
        "changed": len(stays) if run.fetched_at is not None else 0,
        "withdrawn": sum(why[payment.id] == "withdrawn" for payment in stays),
        "to_nobody_known": sum(why[payment.id] == "person" for payment in stays),
        "perhaps_gone_in": max(perhaps_gone, default=None),
    }


async def _send(tx: Transaction, run_id: UUID, found: Sequence[Row[Any]], sender: UUID) -> None:
    await tx.execute(
        update(owing_tables.payments)
        .where(one_of(owing_tables.payments.c.id, [payment.id for payment in found]))
        .values(state="sent")
    )
    await tx.execute(
        update(owing_tables.payment_runs)
        .where(owing_tables.payment_runs.c.id == run_id)
        .values(state="sent", sent_by=sender, sent_at=tx.now)
    )
    await ledger.enter_sent(tx, found)
    told = [
        (payment.claim_id, {"run_id": run_id, "payment_id": payment.id, "pence": payment.amount_pence})
        for payment in found
    ]
    await steps.add_all(tx, "payment-sent", told)


async def _who_sends(tx: Transaction, run: Row[Any], sender: UUID, found: Sequence[Row[Any]]) -> dict[str, bool]:
    """The facts that may keep somebody from sending this run. found: its payments that were made and not sent."""
    facts = await _alone(tx, run, sender, found)
    on_own_word = facts["has_confirmed"] or facts["has_said_it_failed"]
    left = await _left(tx, run, found) if on_own_word else "alone"
    return {**facts, "nobody_alone": left != "alone"}


async def _alone(tx: Transaction, run: Row[Any], sender: UUID, found: Sequence[Row[Any]]) -> dict[str, bool]:
    confirmed, failed = await _has_confirmed(tx, run, sender), await _has_said_it_failed(tx, run, sender)
    return {
        "has_approved": await _has_approved(tx, run.id, sender),
        "is_paid": any(payment.participant_id == sender for payment in found),
        "has_taken_in": await _has_taken_in(tx, run.id, sender),
        "has_confirmed": bool(confirmed),
        "has_said_it_failed": bool(failed),
        "made_by_another": run.made_by != sender and "since" not in (confirmed, failed),
    }


async def _left(tx: Transaction, run: Row[Any], found: Sequence[Row[Any]]) -> Senders:
    finance = sorted(await everybody_of_finance(tx))
    return who_is_left([_of(await _alone(tx, run, person, found)) for person in finance])


def _of(facts: dict[str, bool]) -> ToSend:
    return ToSend(state="made", left=1, changed=0, **facts)


async def left_to_send(tx: Transaction, run_id: UUID) -> Senders:
    """PAY-10, PAY-12: who may send a run that was made, as it is now; "alone" of any other."""
    found = await tx.all(made_payments(run_id))
    return await _left(tx, await _run(tx, run_id), found) if found else "alone"


async def _run(tx: Transaction, run_id: UUID) -> Row[Any]:
    table = owing_tables.payment_runs
    return await tx.one(select(table.c.id, table.c.made_by, table.c.made_at).where(table.c.id == run_id))


async def reasons_not_to_be_its_sender(tx: Transaction, run_id: UUID, person_id: UUID) -> list[Reason]:
    """PAY-10: why this person could not send it as it is now, so that its page says so before they try."""
    found = await tx.all(made_payments(run_id))
    return reasons_not_to_send(_of(await _who_sends(tx, await _run(tx, run_id), person_id, found)))


async def _has_approved(tx: Transaction, run_id: UUID, person_id: UUID) -> bool:
    approvals, payments = approving_tables.approvals, owing_tables.payments
    mine = (
        select(approvals.c.id)
        .join(payments, payments.c.claim_id == approvals.c.claim_id)
        .where(
            payments.c.run_id == run_id,
            payments.c.state == "made",
            approvals.c.approver_id == person_id,
            approvals.c.decision == "approved",
        )
    )
    return await tx.first(mine.limit(1)) is not None


async def _has_taken_in(tx: Transaction, run_id: UUID, person_id: UUID) -> bool:
    introductions, payments = people_tables.unconfirmed_introductions, owing_tables.payments
    mine = (
        select(payments.c.id)
        .join(introductions, introductions.c.person_id == payments.c.participant_id)
        .where(payments.c.run_id == run_id, payments.c.state == "made", introductions.c.introduced_by == person_id)
    )
    return await tx.first(mine.limit(1)) is not None


_SAID_IT_FAILED = text(
    "SELECT bool_or(since) FROM (SELECT true AS since FROM steps WHERE about = :run_id AND what = "
    "'earlier-file-not-at-the-bank' AND actor_id = :person_id"
    " UNION ALL SELECT coalesce(greatest(before.ended_at, before.settled_at) > :made_at, false)"
    " FROM payments AS now JOIN claims AS its ON its.id = now.claim_id JOIN claims AS beside USING "
    "(attendance_id)"
    " JOIN payments AS before ON before.claim_id = beside.id AND before.id <> now.id"
    " WHERE now.run_id = :run_id AND now.state = 'made' AND (before.state IN ('rejected', 'returned') OR "
    "before.settled_at IS NOT NULL)"
    " AND ((:person_id IN (before.ended_by, before.settled_by) AND NOT EXISTS (SELECT FROM words_by_hand AS mine JOIN "
    "words_by_hand AS theirs"
    " USING (payment_id, in_file, how) WHERE mine.payment_id = before.id AND mine.said_by = :person_id AND "
    "theirs.said_by <> :person_id))"
    " OR EXISTS (SELECT FROM bank_entries JOIN bank_statements ON bank_statements.id = bank_entries.statement_id"
    " WHERE bank_entries.payment_id = before.id AND (:person_id = given_by"
    " OR (:person_id = columns_by AND before.ended_by = given_by AND before.ended_how = 'statement')))"
    " OR EXISTS (SELECT FROM bank_statements WHERE id = before.statement_id AND (:person_id = given_by"
    " OR (:person_id = columns_by AND before.ended_by = given_by AND before.ended_how = 'statement'))))) AS said"
)
_Said = Literal["", "before", "since"]
"""Whether somebody said something of a run's payments, and whether that was before the run was made or since."""


def _when(since: bool | None) -> _Said:
    return "" if since is None else "since" if since else "before"


async def _has_said_it_failed(tx: Transaction, run: Row[Any], person_id: UUID) -> _Said:
    """PAY-12: nobody has money sent twice on their own word alone. That word is: said by hand, or brought from the
    bank, or read through columns that they named, if nobody else has seen the line. What two people said is not one
    person's word. Covers all claims of an attendance: an approval taken back and given again, a correction and
    another look all concern the same money."""
    facts = {"run_id": run.id, "made_at": run.made_at, "person_id": person_id}
    return _when(await tx.scalar(_SAID_IT_FAILED, facts))


async def _has_confirmed(tx: Transaction, run: Row[Any], person_id: UUID) -> _Said:
    """The details that a payment was made for, or that it goes into now, as far as confirming them matters
    (leaving.may_not_release_what_they_confirmed)."""
    details, payments = owing_tables.bank_details, owing_tables.payments
    current = owing.are_current_details_of(payments)
    mine = (
        select(details.c.participant_id, details.c.actor_id, details.c.confirmed_at)
        .distinct()
        .join(payments, (details.c.id == payments.c.bank_detail_id) | current)
        .where(
            payments.c.run_id == run.id,
            payments.c.state == "made",
            payments.c.method == TRANSFER,
            details.c.confirmed_by == person_id,
        )
    )
    since = [
        row.confirmed_at > run.made_at
        for row in await tx.all(mine)
        if may_not_release_what_they_confirmed(row.participant_id, row.actor_id)
    ]
    return _when(any(since) if since else None)
