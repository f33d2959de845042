"""A person's bank details (PAY-13): sealed and masked, and a change waits until somebody has confirmed it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from services.payments.bank_details import queries as confirming_queries
from services.payments.bank_details import tables
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import Current, ToConfirm
from services.payments.bank_details.gateways.vault import AccountDetails, Sealed, Vault
from services.payments.bank_details.use_cases import people_to_confirm, wanted_details, wanted_meetings
from services.payments.claims.use_cases.claims import send_again
from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import may_not_release_what_they_confirmed
from services.payments.people import queries as people
from services.payments.people import tables as people_tables
from services.payments.rows import locked, owner_of
from shared.db import Transaction, actor_values, new_id, participant_of, participant_values
from shared.events import ParticipantRef
from shared.events.payments import BankDetailsChanged, BankDetailsToConfirm
from shared.messaging import outbox, steps
from shared.reasons import Missing, reasons_to_look_again, refuse
from shared.working_days import add_working_days

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:person, 13))")
"""Changes to one person's bank details happen one after the other."""


async def give_details(tx: Transaction, person: ParticipantRef, details: AccountDetails, vault: Vault) -> str:
    """PAY-13: the details must have passed reasons_not_to_take_details. Returns "confirmed" or "unconfirmed".

    A helper may enter what somebody tells them by phone (PAY-19); somebody else rings to confirm it, and it is
    masked from then on.
    """
    if owner_of(tx) != person.id:
        raise Missing
    await tx.execute(ONE_AT_A_TIME, {"person": str(person.id)})
    table = owing_tables.bank_details
    rows = await tx.all(select(table).where(table.c.participant_id == person.id).with_for_update())
    before = next((row for row in rows if row.state != "replaced"), None)
    if before is not None and _holds(before, details, vault):
        await send_again(tx, person.id)  # giving the same details again means that they have checked them
        return before.state
    if before is not None:
        await tx.execute(update(table).where(table.c.id == before.id).values(state="replaced"))
        await _no_longer_wait(tx, before)
    current = None if before is None else Current(before.same_account, before.state)
    changes = confirming.changes_earlier_details(vault.same_account(details), current, had_any=bool(rows))
    by_another, introduced = tx.actor.id != person.id, bool(await people.introducers_of(tx, person.id))
    waits = confirming.needs_confirmation(
        changes_earlier_details=changes, entered_by_another=by_another, introduced_by_another=introduced
    )
    state = "unconfirmed" if waits else "confirmed"
    details_id = await _keep_sealed(tx, person, details, vault, state)
    await steps.add(tx, "bank-details-given", about=person.id, details_id=details_id, state=state)
    if rows:
        await outbox.add(tx, BankDetailsChanged(version=1, details_id=details_id, participant=person))
    elif by_another:
        await outbox.add(tx, BankDetailsChanged(version=1, details_id=details_id, participant=person, first=True))
    # PAY-07: they have answered, and ringing them is our job: the clocks run. Nothing leaves before that (PAY-13).
    await send_again(tx, person.id)
    await wanted_details.tell_of(tx, person.id)
    if state == "unconfirmed":
        await ask_to_confirm(tx)
    return state


def _holds(row: Row[Any], details: AccountDetails, vault: Vault) -> bool:
    """Whether these are the details that a row of bank_details holds, the name included."""
    same = row.same_account == vault.same_account(details)
    return same and vault.open_details(Sealed(row.key_id, row.sealed), row.id) == details


async def _keep_sealed(
    tx: Transaction, person: ParticipantRef, details: AccountDetails, vault: Vault, state: str
) -> UUID:
    """Of the account number only its end can be read without the key. Returns the row's id."""
    details_id = new_id()
    sealed = vault.seal_details(details, details_id)
    await tx.execute(
        insert(owing_tables.bank_details).values(
            id=details_id,
            **participant_values(person),
            **actor_values(tx.actor),
            state=state,
            key_id=sealed.key_id,
            sealed=sealed.content,
            same_account=vault.same_account(details),
            ends_with=details.account_number[-4:],
            given_at=tx.now,
        )
    )
    return details_id


async def confirm_details(tx: Transaction, details_id: UUID, how: str) -> bool:
    """PAY-13: a member of staff has confirmed details in person, or by ringing the number held before. Returns
    whether they may also release what goes into them (PAY-10)."""
    if tx.actor.id is None:
        raise Missing
    details = await locked(tx, owing_tables.bank_details, details_id)
    seen = (await confirming_queries.numbers_seen(tx, [details_id], tx.actor.id))[details_id]
    refuse(confirming.reasons_not_to_confirm_details(await _to_confirm(tx, details), how, tx.actor.id, seen))
    values = {"state": "confirmed", "confirmed_at": tx.now, "confirmed_by": tx.actor.id, "confirmed_how": how}
    await tx.execute(
        update(owing_tables.bank_details).where(owing_tables.bank_details.c.id == details_id).values(**values)
    )
    await steps.add(tx, "bank-details-confirmed", about=details.participant_id, details_id=details_id, how=how)
    await _no_longer_wait(tx, details)
    await people_to_confirm.tell_of(tx, details.participant_id)
    await send_again(tx, details.participant_id)
    return not may_not_release_what_they_confirmed(details.participant_id, details.actor_id)


async def set_details_aside(tx: Transaction, details_id: UUID) -> None:
    """PAY-13: the owner said, on the phone or in person, that they are wrong. Nothing is paid into them; the owner
    is asked for new ones, and whoever entered them on the owner's behalf is told."""
    details = await locked(tx, owing_tables.bank_details, details_id)
    refuse(confirming.reasons_not_to_ring(await _to_confirm(tx, details), _ringer(tx)))
    values = {"state": "replaced", "set_aside_by": tx.actor.id, "set_aside_at": tx.now}
    await tx.execute(
        update(owing_tables.bank_details).where(owing_tables.bank_details.c.id == details_id).values(**values)
    )
    await steps.add(tx, "bank-details-set-aside", about=details.participant_id, details_id=details_id)
    await _no_longer_wait(tx, details)
    entered_by = details.actor_id if details.actor_id != details.participant_id else None
    await outbox.add(
        tx,
        BankDetailsChanged(
            version=2, details_id=details_id, participant=participant_of(details), set_aside=True, entered_by=entered_by
        ),
    )
    await wanted_details.tell_of(tx, details.participant_id)


async def note_unanswered(tx: Transaction, details_id: UUID) -> None:
    """PAY-13: nobody answered. It is still to do, and whoever comes next sees when it was tried."""
    details = await locked(tx, owing_tables.bank_details, details_id)
    seen = (await confirming_queries.numbers_seen(tx, [details_id], _ringer(tx)))[details_id]
    refuse(
        confirming.reasons_not_to_ring(await _to_confirm(tx, details), _ringer(tx))
        or confirming.reasons_not_to_have_rung(seen)
    )
    call = {"id": new_id(), "details_id": details_id, "rung_by": tx.actor.id, "rung_at": tx.now}
    await tx.execute(insert(tables.unanswered_calls).values(**call))
    await steps.add(tx, "call-not-answered", about=details.participant_id, details_id=details_id)


def _ringer(tx: Transaction) -> UUID:
    if tx.actor.id is None:
        raise Missing
    return tx.actor.id


async def ask_to_confirm(tx: Transaction) -> None:
    """PAY-13: tells finance about details that wait to be confirmed, and by when. Also a job, because a program
    before this one told nobody."""
    details = owing_tables.bank_details
    untold = (
        select(details)
        .where(details.c.state == "unconfirmed", details.c.confirm_by.is_(None))
        .order_by(details.c.given_at)
    )
    confirm_by = add_working_days(tx.today, confirming.DAYS_TO_CONFIRM)
    for row in await tx.all(untold.with_for_update(skip_locked=True)):
        await tx.execute(update(details).where(details.c.id == row.id).values(confirm_by=confirm_by))
        not_for = {row.actor_id, *await people.introducers_of(tx, row.participant_id)} - {None, row.participant_id}
        facts = {
            "details_id": row.id,
            "participant": participant_of(row),
            "confirm_by": confirm_by,
            "not_for": tuple(sorted(not_for)),
        }
        await outbox.add(tx, BankDetailsToConfirm(version=1, waiting=True, **facts))


async def _no_longer_wait(tx: Transaction, details: Row[Any]) -> None:
    """details: as they were before they were confirmed or replaced."""
    await wanted_meetings.no_longer(tx, details.participant_id)
    if details.state == "unconfirmed" and details.confirm_by is not None:
        facts = {"details_id": details.id, "participant": participant_of(details), "confirm_by": details.confirm_by}
        await outbox.add(tx, BankDetailsToConfirm(version=2, waiting=False, **facts))


async def _to_confirm(tx: Transaction, details: Row[Any]) -> ToConfirm:
    introducers = await people.introducers_of(tx, details.participant_id)
    return ToConfirm(details.state, details.participant_id, details.actor_id, introducers)


async def confirm_person(tx: Transaction, person_id: UUID, how: str) -> None:
    """PAY-10: somebody other than who took them in has rung or met the person. This covers vouchers, which need no
    bank details."""
    if tx.actor.id is None:
        raise Missing
    introducers = await people.introducers_of(tx, person_id)
    seen = (await confirming_queries.numbers_seen(tx, [person_id], tx.actor.id))[person_id]
    refuse(confirming.reasons_not_to_confirm_person(introducers, person_id, how, tx.actor.id, seen))
    row = {
        "id": new_id(),
        "person_id": person_id,
        "confirmed_by": tx.actor.id,
        "confirmed_how": how,
        "confirmed_at": tx.now,
    }
    await tx.execute(insert(people_tables.confirmed_people).values(**row))
    await steps.add(tx, "person-confirmed", about=person_id, how=how)
    await people_to_confirm.tell_of(tx, person_id)


async def details_still_as_shown(tx: Transaction, details_id: UUID, mark: str) -> None:
    """PAY-13: as `person_still_as_shown`, for the owner of these bank details. Raises Refused; Missing."""
    await person_still_as_shown(tx, (await locked(tx, owing_tables.bank_details, details_id)).participant_id, mark)


async def person_still_as_shown(tx: Transaction, person_id: UUID, mark: str) -> None:
    """PAY-10, PAY-13: ringing or meeting somebody does not confirm what was entered about them later. Raises
    Refused."""
    refuse(reasons_to_look_again("PAY-13", mark, (await confirming_queries.marks_of(tx, [person_id]))[person_id]))


async def note_number_read(tx: Transaction, person_id: UUID, details_id: UUID | None) -> datetime:
    """PRI-03: somebody reads the number to ring, if they may ring it. Returns the moment before which it must have
    been held (PAY-13)."""
    if tx.actor.id is None:
        raise Missing
    given_at = tx.now
    if details_id is None:
        introducers = await people.introducers_of(tx, person_id)
        if not introducers:
            raise Missing  # nobody waits to be rung, so there is no reason to read a number
        refuse(confirming.reasons_not_to_confirm_person(introducers, person_id, "in-person", tx.actor.id))
    else:
        details = await tx.one(
            select(owing_tables.bank_details).where(
                owing_tables.bank_details.c.id == details_id, owing_tables.bank_details.c.participant_id == person_id
            )
        )
        refuse(confirming.reasons_not_to_ring(await _to_confirm(tx, details), tx.actor.id))
        given_at = details.given_at
    await steps.add(tx, "contact-details-read", about=person_id, details_id=details_id)
    return given_at


async def note_number_shown(tx: Transaction, about: UUID, *, is_held: bool) -> None:
    """PAY-13: what followed `note_number_read`. about: the bank details, or the person who waits."""
    row = insert_or_update(tables.numbers_shown).values(
        about=about, shown_to=_ringer(tx), shown_at=tx.now, is_held=is_held
    )
    again = {"shown_at": row.excluded.shown_at, "is_held": row.excluded.is_held}
    await tx.execute(row.on_conflict_do_update(index_elements=["about", "shown_to"], set_=again))


async def own_name(tx: Transaction, person_id: UUID, vault: Vault) -> str:
    """PAY-12: the name on the account, for its owner alone; opening it is a step (PRI-03). Raises Missing."""
    if tx.actor.id != person_id or tx.actor.acting_for is not None:
        raise Missing
    table = owing_tables.bank_details
    row = await tx.one(select(table).where(table.c.participant_id == person_id, owing.are_current(table)))
    await steps.add(tx, "bank-details-read", about=person_id, details_id=row.id)
    return vault.open_details(Sealed(row.key_id, row.sealed), row.id).name
