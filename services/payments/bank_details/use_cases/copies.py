"""Names as people's pages show them, for staff pages and voucher lists; and who took each person in, or entered how
they are reached (PAY-10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.payments.bank_details.use_cases.bank_details import ONE_AT_A_TIME, ask_to_confirm
from services.payments.people import tables as people_tables
from shared.copies import ask_again_about_cards, fill_in, keep_newest
from shared.db import Transaction, one_of
from shared.identity import Role
from shared.messaging import steps
from shared.service import Service

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


async def ask_who_introduced(service: Service) -> None:
    """PAY-10, PAY-12: asks again about cards that lack who entered what and when, what tells two people of one name
    apart, or who has the finance role."""
    cards = people_tables.cards
    await ask_again_about_cards(
        service, cards, ~cards.c.introductions_known | cards.c.finance.is_(None), _keep_the_rest
    )


async def _keep_the_rest(tx: Transaction, cards: dict[UUID, dict[str, Any]]) -> None:
    """Of whoever `people` does not know we know nothing any more, and ask nobody again."""
    finance = {person_id: _is_finance(card) if card else False for person_id, card in cards.items()}
    await fill_in(tx, people_tables.cards, people_tables.cards.c.finance, finance)
    said = {
        person_id: card.get("introductions", [])
        for person_id, card in cards.items()
        if "introductions" in card or not card
    }
    for row in await _still_unknown(tx, [*said]):
        await keep_introductions(tx, row.person_id, said[row.person_id], first=True)


async def _still_unknown(tx: Transaction, people: Sequence[UUID]) -> Sequence[Row[Any]]:
    cards = people_tables.cards
    mine = one_of(cards.c.person_id, people), ~cards.c.introductions_known
    return await tx.all(select(cards.c.person_id).where(*mine).order_by(cards.c.person_id).with_for_update())
