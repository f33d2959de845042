"""Names as people's pages show them, for staff pages and voucher lists; and who took each person in, or entered how
they are reached (PAY-10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.payments.bank_details.use_cases.bank_details import ONE_AT_A_TIME, ask_to_confirm
from services.payments.people import tables as people_tables
from shared.copies import keep_newest
from shared.db import SYSTEM, Command, Transaction, one_of
from shared.identity import Role
from shared.messaging import steps
from shared.service import Service

AT_ONCE = 1000
"""How many people one question to `people` covers."""

_GIVEN_SINCE = text(
    "UPDATE bank_details SET state = 'unconfirmed', waits_since = :now WHERE participant_id = :person AND state = "
    "'confirmed' AND confirmed_by IS NULL"
    " AND EXISTS (SELECT FROM introductions JOIN unconfirmed_introductions USING (person_id, introduced_by)"
    " WHERE introductions.person_id = participant_id AND introduced_at <= given_at) RETURNING id"
)


async def keep_card(tx: Transaction, person_id: UUID, card: dict[str, Any]) -> None:
    """Ignores a card that is older than ours. PAY-13: bank details wait, too, if they arrived before the news of
    whose sign-in gave them."""
    values: dict[str, Any] = {
        "version": card["version"],
        "name": card["name"],
        "told_apart_by": card.get("told_apart_by"),
    }
    values["finance"] = _is_finance(card)
    for field in ("added_by", "email_entered_by"):  # a people service one version behind does not say
        values[field] = UUID(card[field]) if card.get(field) else None
    before = await tx.first(
        select(people_tables.cards).where(people_tables.cards.c.person_id == person_id).with_for_update()
    )
    if not await keep_newest(tx, people_tables.cards, {"person_id": person_id}, values) or "introductions" not in card:
        return
    await keep_introductions(
        tx, person_id, card["introductions"], first=before is None or not before.introductions_known
    )
    if before is None or before.introductions_known:  # for people who were here before we kept this, only what is new
        await _let_details_wait(tx, person_id)


def _is_finance(card: dict[str, Any]) -> bool | None:
    return Role.FINANCE in card["roles"] if "roles" in card else None


async def keep_introductions(tx: Transaction, person_id: UUID, said: Sequence[dict[str, str]], *, first: bool) -> None:
    """PAY-10: a confirmation covers what we knew when it was made. first: we knew nothing about it until now, so it
    counts from the day it was made."""
    table = people_tables.introductions
    for each in said:
        at = datetime.fromisoformat(each["at"])
        heard = at if first else max(at, tx.now)
        row = insert(table).values(
            person_id=person_id, introduced_by=UUID(each["by"]), introduced_at=at, heard_at=heard
        )
        again = {"introduced_at": row.excluded.introduced_at, "heard_at": row.excluded.heard_at}
        later = table.c.introduced_at < row.excluded.introduced_at
        await tx.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.person_id, table.c.introduced_by], set_=again, where=later
            )
        )
    await tx.execute(
        update(people_tables.cards).where(people_tables.cards.c.person_id == person_id).values(introductions_known=True)
    )


async def _let_details_wait(tx: Transaction, person_id: UUID) -> None:
    await tx.execute(ONE_AT_A_TIME, {"person": str(person_id)})
    for (details_id,) in await tx.all(_GIVEN_SINCE, {"person": person_id, "now": tx.now}):
        await steps.add(tx, "bank-details-wait", about=person_id, details_id=details_id)
    await ask_to_confirm(tx)


_TELL_APART = text(
    "UPDATE cards SET told_apart_by = said.told_apart_by FROM unnest(CAST(:people AS uuid[]), CAST(:by AS text[])) AS "
    "said (person_id, told_apart_by)"
    " WHERE cards.person_id = said.person_id AND cards.told_apart_by IS NULL"
)
_KEEP_FINANCE = text(
    "UPDATE cards SET finance = said.finance FROM unnest(CAST(:people AS uuid[]), CAST(:finance AS boolean[])) AS "
    "said (person_id, finance)"
    " WHERE cards.person_id = said.person_id AND cards.finance IS NULL"
)


async def ask_who_introduced(service: Service) -> None:
    """PAY-10, PAY-12: asks again about cards, a thousand at a time, that lack who entered what and when, what tells
    two people of one name apart, or who has the finance role."""
    after: UUID | None = None
    while True:
        rows = await service.database.read(lambda tx, after=after: _unknown(tx, after))
        if not rows:
            return
        asked = [row.person_id for row in rows]
        after = asked[-1]
        answer = await service.requests("people.cards.payments", {"person_ids": [str(each) for each in asked]})
        said = {UUID(each): card["introductions"] for each, card in answer["cards"].items() if "introductions" in card}
        gone = [each for each in asked if str(each) not in answer["cards"]]

        apart = {
            UUID(each): card["told_apart_by"]
            for each, card in answer["cards"].items()
            if card.get("told_apart_by") is not None
        }
        apart |= dict.fromkeys(gone, "")  # we know nothing about them any more, and ask nobody again
        finance = {UUID(each): _is_finance(card) for each, card in answer["cards"].items()} | dict.fromkeys(gone, False)

        async def keep(
            tx: Transaction,
            said: dict[UUID, Any] = said,
            gone: list[UUID] = gone,
            apart: dict[UUID, str] = apart,
            finance: dict[UUID, bool | None] = finance,
        ) -> None:
            await tx.execute(_TELL_APART, {"people": list(apart), "by": list(apart.values())})
            await tx.execute(_KEEP_FINANCE, {"people": list(finance), "finance": list(finance.values())})
            for row in await _still_unknown(tx, [*said, *gone]):
                await keep_introductions(tx, row.person_id, said.get(row.person_id, []), first=True)

        await service.database.run(Command("keep-who-introduced", SYSTEM), keep)


async def _unknown(tx: Transaction, after: UUID | None) -> Sequence[Row[Any]]:
    cards = people_tables.cards
    lacking = or_(~cards.c.introductions_known, cards.c.told_apart_by.is_(None), cards.c.finance.is_(None))
    unknown = select(cards.c.person_id).where(lacking, *([cards.c.person_id > after] if after else []))
    return await tx.all(unknown.order_by(cards.c.person_id).limit(AT_ONCE))


async def _still_unknown(tx: Transaction, people: Sequence[UUID]) -> Sequence[Row[Any]]:
    cards = people_tables.cards
    mine = one_of(cards.c.person_id, people), ~cards.c.introductions_known
    return await tx.all(select(cards.c.person_id).where(*mine).order_by(cards.c.person_id).with_for_update())
