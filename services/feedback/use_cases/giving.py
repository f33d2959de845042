"""Giving feedback (FB-01, FB-04). Nothing is kept about an anonymous giver: no id, no moment, no trace."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.feedback.domain import network
from services.feedback.domain.codes import draft_key
from services.feedback.domain.crossing import NOT_THE_WORDS_READ, reasons_not_to_send_draft, seal_of
from services.feedback.domain.facts import About, HearBy
from services.feedback.domain.giving import (
    answerer_of,
    due_on,
    reasons_not_to_accept_words,
    reasons_not_to_be_about,
    reasons_not_to_hear_by,
    reasons_not_to_name,
)
from services.feedback.tables import cards, drafts, items, opportunities
from services.feedback.use_cases import crossing
from services.feedback.use_cases.items import say_it_waits
from shared.db import Actor, Transaction, new_id, participant_values
from shared.events import ParticipantRef
from shared.messaging import steps
from shared.reasons import Missing, Reason, refuse

DRAFT_LIFE = timedelta(hours=2)
"""In machine time. Nobody's words are kept longer for a page that they left."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody told us. about_name is the service's or the funder's; may_cross: the giver lets the host of another
    organisation's opportunity read it (NET-02)."""

    about: About
    words: str
    may_show: bool
    hear_by: HearBy
    opportunity_id: UUID | None = None
    about_name: str = ""
    may_cross: bool = False


async def save_draft(tx: Transaction, secret: str, answers: dict[str, Any]) -> None:
    """Keeps the answers so far, and nothing about who gives them."""
    values = {"key": draft_key(secret), "answers": answers, "expires_at": datetime.now(UTC) + DRAFT_LIFE}
    statement = upsert(drafts).values(values)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["key"], set_={"answers": answers, "expires_at": values["expires_at"]}
        )
    )


async def put_to_sleep(tx: Transaction, secret: str, answers: dict[str, Any]) -> None:
    """Marks the answers as asleep, which does not extend the time they are kept."""
    await tx.execute(update(drafts).where(drafts.c.key == draft_key(secret)).values(answers=answers))


async def forget_draft(tx: Transaction, secret: str) -> None:
    """Harmless if there is none."""
    await tx.execute(delete(drafts).where(drafts.c.key == draft_key(secret)))


async def forget_old_drafts(tx: Transaction) -> None:
    await tx.execute(delete(drafts).where(drafts.c.expires_at < func.clock_timestamp()))


async def send_draft(
    tx: Transaction, secret: str, *, answer_days: int, home: str, code_hash: bytes | None, release_days: int = 3
) -> dict[str, Any]:
    """Turns a draft into an item. Returns its id, and whether it has a code. Missing if there is no such draft.

    For an anonymous giver tx.actor is a guest without an id, and code_hash is that of their code."""
    row = await tx.first(delete(drafts).where(drafts.c.key == draft_key(secret)).returning(drafts.c.answers))
    if row is None:
        raise Missing
    item_id = await give(
        tx, given_in(row.answers), answer_days=answer_days, home=home, code_hash=code_hash, release_days=release_days
    )
    return {"item_id": str(item_id), "has_code": code_hash is not None}


def given_in(answers: dict[str, Any]) -> Given:
    """A finished draft. Refused if a question was not answered."""
    refuse(reasons_not_to_send_draft(answers))
    opportunity_id = answers.get("opportunity_id")
    return Given(
        about=answers["about"],
        words=answers["words"],
        may_show=answers["may_show"],
        hear_by=answers["hear_by"],
        opportunity_id=UUID(opportunity_id) if opportunity_id else None,
        about_name=answers.get("name", ""),
        may_cross=answers.get("may_cross", False),
    )


async def give(
    tx: Transaction, given: Given, *, answer_days: int, home: str, code_hash: bytes | None = None, release_days: int = 3
) -> UUID:
    """FB-01, FB-03: a new item with its clock and with whom it waits for. Returns its id."""
    anonymous = tx.actor.kind == "guest"
    opportunity = (
        await tx.first(select(opportunities).where(opportunities.c.opportunity_id == given.opportunity_id))
        if given.opportunity_id
        else None
    )
    listing = opportunity if opportunity is not None and opportunity.host and given.may_cross else None
    giver = None if anonymous else ParticipantRef(kind="person", id=tx.actor.acting_for or _person(tx), home=home)
    reasons = [
        *reasons_not_to_be_about(given.about, opportunity_known=opportunity is not None),
        *reasons_not_to_name(given.about, given.about_name),
        *reasons_not_to_accept_words(given.words),
        *reasons_not_to_hear_by(given.hear_by, anonymous=anonymous),
    ]
    if listing is not None:
        reasons += await reasons_not_to_let_host_read(tx, given.words, giver.id if giver else None)
    refuse(reasons)
    return await add_item(
        tx,
        given,
        giver,
        by=tx.actor,
        received_on=tx.today,
        answer_days=answer_days,
        code_hash=code_hash,
        listing=listing,
        release_days=release_days,
    )


async def reasons_not_to_let_host_read(
    tx: Transaction, words: str, giver_id: UUID | None, seen: str | None = None
) -> list[Reason]:
    """NET-02: why these words may not leave us. giver_id: None for an anonymous giver. seen: the seal of the words on
    their page, if a page asks."""
    if seen is not None and seen != seal_of(network.readable(words)):
        return [NOT_THE_WORDS_READ]
    name = await tx.scalar(select(cards.c.name).where(cards.c.person_id == giver_id)) if giver_id else None
    return network.reasons_not_to_let_host_read(words, [name] if name else [])


def _person(tx: Transaction) -> UUID:
    assert tx.actor.id is not None
    return tx.actor.id


async def add_item(
    tx: Transaction,
    given: Given,
    giver: ParticipantRef | None,
    *,
    by: Actor,
    received_on: date,
    answer_days: int,
    code_hash: bytes | None = None,
    listing: Row[Any] | None = None,
    item_id: UUID | None = None,
    release_days: int = 3,
) -> UUID:
    """Writes the item and says that it waits. An anonymous item has an id without a time in it.

    listing: our copy of another organisation's opportunity, if its host is to answer. Then somebody here reads the
    words first, within release_days (NET-02)."""
    waiting_for = answerer_of(given.about)
    name = given.about_name if waiting_for != "us" else ""
    values = {
        "item_id": item_id or (new_id() if giver else uuid4()),
        "version": 1,
        "about": given.about,
        "opportunity_id": given.opportunity_id if given.about == "opportunity" else None,
        "about_name": given.about_name,
        "words": given.words,
        "received_on": received_on,
        "answer_days": answer_days,
        "due_on": due_on(received_on, answer_days),
        "waiting_for": waiting_for,
        "waiting_for_name": name,
        **(participant_values(giver, "giver") if giver else {}),
        "given_by_kind": by.kind,
        "given_by_id": by.id,
        "given_for_id": by.acting_for,
        "code_hash": code_hash,
        "hear_by": given.hear_by,
        "may_show": given.may_show,
    }
    row = await tx.one(insert(items).values(values).returning(items))
    await steps.add(tx, "feedback-received", about=row.item_id, waiting_for=waiting_for)
    if listing is not None:
        await crossing.propose(tx, row, listing, release_days=release_days)
    await say_it_waits(tx, row.item_id)
    return row.item_id
