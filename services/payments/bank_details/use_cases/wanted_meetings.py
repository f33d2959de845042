"""People whose bank details wait to be checked, and of whom we hold no number to ring: they are asked to get in touch,
so that one of us can meet them (PAY-13)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, text

from services.payments.bank_details import tables
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.use_cases import said
from services.payments.owing import tables as owing_tables
from shared.db import SYSTEM, Command, Transaction, one_of, participant_of
from shared.events import ParticipantRef
from shared.events.payments import MeetingWanted
from shared.messaging import outbox
from shared.service import Service

AT_ONCE = 1000
"""How many people one question to `people` covers."""

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1313)")


async def ask_to_get_in_touch(service: Service, *, known_days: int) -> None:
    """A job: asks `people` for the numbers of those whose details wait, and keeps none of them."""
    details = owing_tables.bank_details
    unconfirmed = select(details.c.participant_id, details.c.given_at).where(details.c.state == "unconfirmed")
    given = {row.participant_id: row.given_at for row in await service.database.read(lambda tx: tx.all(unconfirmed))}
    everybody = sorted(given)
    for start in range(0, len(everybody), AT_ONCE):
        asked = everybody[start : start + AT_ONCE]
        answer = await service.requests("people.cards.payments", {"person_ids": [str(each) for each in asked]})
        cards = answer["cards"]
        without = {
            each
            for each in asked
            if str(each) in cards and not confirming.number_on_card(cards[str(each)], given[each], known_days).number
        }

        async def ask(tx: Transaction, asked: Collection[UUID] = asked, without: Collection[UUID] = without) -> None:
            await _tell(tx, asked, without)

        await service.database.run(Command("ask-to-get-in-touch", SYSTEM), ask)


async def no_longer(tx: Transaction, person_id: UUID) -> None:
    """At once, when their details wait no more."""
    await _tell(tx, [person_id], [])


async def _tell(tx: Transaction, asked: Collection[UUID], without: Collection[UUID]) -> None:
    """Says what has changed. without: those of the asked whom we cannot ring; they still count only while their
    details wait."""
    await tx.execute(_ONE_AT_A_TIME)
    told_of, details = tables.meetings_wanted, owing_tables.bank_details
    told = await tx.all(select(told_of).where(told_of.c.waiting, one_of(told_of.c.participant_id, asked)))
    waiting = await tx.all(
        select(details).where(details.c.state == "unconfirmed", one_of(details.c.participant_id, without))
    )
    wanted = {row.participant_id: participant_of(row) for row in waiting}
    before = {row.participant_id: participant_of(row) for row in told}
    for person_id in sorted(wanted.keys() - before.keys()):
        await _say(tx, wanted[person_id], waiting=True)
    for person_id in sorted(before.keys() - wanted.keys()):
        await _say(tx, before[person_id], waiting=False)


async def _say(tx: Transaction, participant: ParticipantRef, *, waiting: bool) -> None:
    version = await said.keep(tx, tables.meetings_wanted, participant, waiting=waiting)
    await outbox.add(
        tx, MeetingWanted(version=version, person_id=participant.id, participant=participant, waiting=waiting)
    )
