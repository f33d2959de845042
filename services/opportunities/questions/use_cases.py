"""Questions to us, and our answers, to the asker and to everybody (OPP-22)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from services.opportunities.answers import use_cases as answers
from services.opportunities.answers.domain import Shown, names_of_asker, reasons_against_words
from services.opportunities.answers.queries import shown_for
from services.opportunities.listings.tables import listing_sessions, listings
from services.opportunities.people.tables import people
from services.opportunities.questions import domain
from services.opportunities.questions.queries import named
from services.opportunities.questions.tables import questions
from services.opportunities.safeguarding import use_cases as safeguarding
from services.opportunities.safeguarding.domain import ONLY_THEIRS, reasons_not_to_act_on, sees_set_aside, who_answers
from services.opportunities.safeguarding.use_cases import concerns_about
from services.opportunities.sharing.use_cases import announcing
from services.opportunities.words.domain import Host
from services.opportunities.writing.tables import closes_at, opportunities, sessions
from shared.db import Transaction, new_id
from shared.events import ParticipantRef
from shared.events.notifications import AnswerMailed
from shared.events.opportunities import QuestionAnswered, QuestionAsked, QuestionFindingOut
from shared.messaging import outbox, steps
from shared.promises import begins_before
from shared.reasons import Missing, Reason, refuse

OfQuestion = QuestionAsked | QuestionAnswered | QuestionFindingOut
MOST_AT_ONCE = 500
"""How many are forgotten in one run; the next takes the rest."""


async def ask(tx: Transaction, opportunity_id: UUID, words: str, *, asker: ParticipantRef | None, reach: str) -> UUID:
    """Keeps a question here alone. A coordinator has it as a task, with a clock. One too many for its address or number
    is marked; the asker is not told."""
    refuse(domain.reasons_not_to_ask_us(words, reach, signed_in=asker is not None))
    too_many = asker is None and domain.is_too_many(await _waiting_with(tx, reach))
    question_id, due_at = new_id(), await answer_by(tx, opportunity_id)
    kept = {
        "opportunity_id": opportunity_id,
        "asker_id": asker.id if asker else None,
        "reach": "" if asker else reach,
        "too_many": too_many,
    }
    await tx.execute(
        insert(questions).values(id=question_id, version=1, words=words, asked_at=tx.now, due_at=due_at, **kept)
    )
    await outbox.add(
        tx,
        QuestionAsked(version=1, question_id=question_id, opportunity_id=opportunity_id, due_at=due_at, asker=asker),
    )
    await steps.add(tx, "question-asked", about=question_id, opportunity_id=opportunity_id)
    return question_id


async def answer_by(tx: Transaction, opportunity_id: UUID) -> datetime:
    """OPP-22: when a question asked now must be answered, for the asker to read and as the coordinators' clock."""
    return (await promised(tx, opportunity_id))[0]


async def promised(tx: Transaction, opportunity_id: UUID) -> tuple[datetime, datetime | None]:
    """OPP-22: the same, and the session that begins, or the closing day that ends, before that, if any."""
    ours = select(sessions.c.starts_at).where(
        sessions.c.opportunity_id == opportunity_id, sessions.c.cancelled_at.is_(None)
    )
    theirs = select(listing_sessions.c.starts_at).where(listing_sessions.c.listing_id == opportunity_id)
    starts = [row.starts_at for row in await tx.all(union_all(ours, theirs))]
    last_day = opportunities.c.id == opportunity_id, opportunities.c.closes_on.is_not(None)
    closes = await tx.all(select(closes_at().label("closes_at")).where(*last_day))
    due_at = domain.answer_question_by(tx.now, [*starts, *(row.closes_at - timedelta(minutes=1) for row in closes)])
    return due_at, begins_before(starts, tx.now, due_at)


async def _waiting_with(tx: Transaction, reach: str) -> int:
    """Open questions with this address or number. Two asked at once are counted one after the other."""
    await tx.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended("opportunities.questions " + reach.lower(), 0)))
    )
    with_it = questions.c.reach != "", func.lower(questions.c.reach) == reach.lower()
    return await tx.scalar(select(func.count()).select_from(questions).where(*with_it)) or 0


async def answer(tx: Transaction, question_id: UUID, words: str, organisation: str, *, send: bool = False) -> bool:
    """A signed-in asker hears that there is an answer; an address gets it by mail; a number was rung by the person who
    answers, so it is deleted at once.

    send: mail it, or they were rung, although there are too many with this address or number; otherwise it is then a
    note for us. Returns whether it goes by mail."""
    row = await _locked(tx, question_id)
    refuse(domain.reasons_not_to_answer_question(words, answered=row.answered_at is not None))
    is_note = domain.is_note(too_many=row.too_many, send=send)
    by_mail = domain.way_to_answer(row.reach) == "mail" and not is_note
    kept = {"mailing": "queued", "title_then": await _title_of(tx, question_id)} if by_mail else {"reach": ""}
    await _say(
        tx,
        row,
        QuestionAnswered,
        answer=words,
        answered_at=tx.now,
        answered_by=tx.actor.id,
        too_many=is_note,
        **kept,
        asker=_asker(row, organisation),
        by_mail=by_mail,
    )
    await steps.add(tx, "question-answered", about=question_id, opportunity_id=row.opportunity_id)
    return by_mail


async def say_finding_out(tx: Transaction, question_id: UUID, organisation: str) -> None:
    """There is no answer yet, and the asker is told so, with a new moment. If they left a number, the person who says
    this has rung it."""
    row = await _locked(tx, question_id)
    then = await answer_by(tx, row.opportunity_id)
    refuse(domain.reasons_not_to_say_finding_out(row.due_at, then, answered=row.answered_at is not None))
    by_mail = domain.way_to_answer(row.reach) == "mail" and not row.too_many
    kept = {"mailing": "queued", "title_then": await _title_of(tx, question_id)} if by_mail else {}
    await _say(
        tx,
        row,
        QuestionFindingOut,
        due_at=then,
        finding_out_at=tx.now,
        asker=_asker(row, organisation),
        by_mail=by_mail,
        **kept,
    )
    await steps.add(tx, "question-finding-out", about=question_id, opportunity_id=row.opportunity_id)


async def answer_everybody(
    tx: Transaction,
    question_id: UUID,
    shown: Shown,
    organisation: str,
    host: Host,
    *,
    send: bool = False,
    looked: bool = False,
) -> bool:
    """As `answer`; and everybody reads it, with the question in our words. looked: as of `reasons_to_look`."""
    row = await _locked(tx, question_id)
    by_mail = await answer(tx, question_id, shown.answer, organisation, send=send)
    is_note = domain.is_note(too_many=row.too_many, send=send)
    set_aside = bool(await concerns_about(tx, question_id))
    refuse(domain.reasons_not_to_tell_everybody(answered=True, is_note=is_note, set_aside=set_aside))
    await _show(tx, row, shown, organisation, host, looked=looked)
    return by_mail


async def show(
    tx: Transaction, question_id: UUID, shown: Shown, organisation: str, host: Host, *, looked: bool = False
) -> None:
    """Everybody now reads what only the asker has read, in words for everybody."""
    row = await _locked(tx, question_id)
    answered, is_note = row.answered_at is not None, domain.was_note(too_many=row.too_many, mailing=row.mailing)
    set_aside = bool(await concerns_about(tx, question_id))
    refuse(domain.reasons_not_to_tell_everybody(answered=answered, is_note=answered and is_note, set_aside=set_aside))
    await _show(tx, row, shown, organisation, host, looked=looked)


async def _show(tx: Transaction, row: Row[Any], shown: Shown, organisation: str, host: Host, *, looked: bool) -> None:
    is_ours = await _lock_ours(tx, row.opportunity_id)
    facts = await _facts_about_words(tx, row, host.duty_number)
    facts |= {"forgotten": row.asker_id is None and not row.reach, "looked": looked}
    await answers.show(tx, row.id, row.opportunity_id, shown, asker=_asker(row, organisation), **facts)
    if is_ours:
        await announcing.say_answers(tx, row.opportunity_id, host)


async def reasons_against_shown(tx: Transaction, question_id: UUID, duty_number: str) -> list[Reason]:
    """OPP-22: what is wrong with the words that everybody reads of this question by the rule as it is now; nothing if
    nobody does."""
    found = await shown_for(tx, question_id)
    if found is None:
        return []
    row = await tx.one(select(questions).where(questions.c.id == question_id))
    facts = await _facts_about_words(tx, row, duty_number)
    shown = Shown(found.question, found.answer)
    return reasons_against_words(shown, **facts) + await answers.reasons_against_names(tx, shown)


async def _facts_about_words(tx: Transaction, row: Row[Any], duty_number: str) -> dict[str, Any]:
    """What `reasons_against_words` needs to know: who asked, and which numbers and addresses are ours, or stand on the
    public page."""
    card = await tx.first(select(people.c.name, people.c.told_apart_by).where(people.c.person_id == row.asker_id))
    name, apart = (card.name, card.told_apart_by) if card else (None, None)
    of, theirs = row.opportunity_id, listing_sessions.c.listing_id
    texts = union_all(
        select((opportunities.c.contact_how + "\n" + opportunities.c.accessibility).label("said")).where(
            opportunities.c.id == of
        ),
        select(sessions.c.venue).where(sessions.c.opportunity_id == of),
        select(listings.c.accessibility).where(listings.c.id == of),
        select(listing_sessions.c.venue).where(theirs == of),
    )
    return {
        "who_asked": names_of_asker(name, apart, row.reach),
        "reach": row.reach,
        "ours": [duty_number, *(each.said for each in await tx.all(texts))],
    }


async def take_back(tx: Transaction, question_id: UUID, host: Host) -> None:
    """Nobody but the asker reads the answer any longer. Missing if nobody else does now."""
    row = await tx.one(select(questions).where(questions.c.id == question_id).with_for_update())
    is_ours = await _lock_ours(tx, row.opportunity_id)
    theirs = await tx.scalar(select(listings.c.answers).where(listings.c.id == row.opportunity_id).with_for_update())
    await answers.take_back(tx, question_id, theirs_too=bool(theirs))
    if is_ours:
        await announcing.say_answers(tx, row.opportunity_id, host)


async def _lock_ours(tx: Transaction, opportunity_id: UUID) -> bool:
    """Whether it is about an opportunity of ours, not a listing. Locks the opportunity's row, because the network hears
    of its answers."""
    ours = select(opportunities.c.id).where(opportunities.c.id == opportunity_id).with_for_update()
    return await tx.first(ours) is not None


async def hear_mailed(tx: Transaction, event: AnswerMailed) -> None:
    """OPP-22: it was sent, so the address is deleted; or it did not arrive, and coordinators have it again, with a
    clock.

    After "we are finding out" the address stays, for the answer. If that mail did not arrive, it counts as not said."""
    row = await tx.first(select(questions).where(questions.c.id == event.question_id).with_for_update())
    if row is None or row.mailing != "queued" or row.version != event.version:
        return
    if row.answered_at is None:
        said_at = row.finding_out_at if event.outcome == "sent" else None
        await tx.execute(update(questions).where(questions.c.id == row.id).values(mailing="", finding_out_at=said_at))
        await steps.add(tx, "finding-out-mailed", about=row.id, outcome=event.outcome)
    elif event.outcome == "sent":
        await tx.execute(update(questions).where(questions.c.id == row.id).values(mailing="sent", reach=""))
        await steps.add(tx, "answer-mailed", about=row.id)
    else:
        await _say(tx, row, QuestionAsked, mailing=event.outcome, due_at=domain.answer_question_by(tx.now, []))
        await steps.add(tx, "answer-not-mailed", about=row.id, outcome=event.outcome)


async def mail_again(tx: Transaction, question_id: UUID, reach: str) -> None:
    """A coordinator checked the address, corrected it if need be, and has the same answer sent again."""
    row = await _locked(tx, question_id)
    refuse(domain.reasons_not_to_mail_again(reach, row.mailing))
    await _say(tx, row, QuestionAnswered, mailing="queued", reach=reach, by_mail=True)
    await steps.add(tx, "answer-mailed-again", about=question_id, changed=reach != row.reach)


async def give_up(tx: Transaction, question_id: UUID) -> None:
    """Nobody can be reached that way: the address is deleted, and the answer stays until it is forgotten. Missing
    unless it waits for a decision."""
    row = await _locked(tx, question_id)
    if row.mailing not in domain.UNDELIVERED:
        raise Missing
    await _give_up(tx, row)


async def _give_up(tx: Transaction, row: Row[Any]) -> None:
    await _say(tx, row, QuestionAnswered, mailing="given-up", reach="")
    await steps.add(tx, "answer-given-up", about=row.id)


async def _say(tx: Transaction, row: Row[Any], event: type[OfQuestion], **what: Any) -> None:
    """Writes columns and adds the event of the next version, which takes the columns that its class has."""
    version, of_event = row.version + 1, {name: value for name, value in what.items() if name in event.model_fields}
    if "people" in event.model_fields:
        concerns = await concerns_about(tx, row.id)
        of_event |= {"people": who_answers(concerns), "set_aside": bool(concerns)}
    columns = {name: value for name, value in what.items() if name in questions.c}
    await tx.execute(update(questions).where(questions.c.id == row.id).values(version=version, **columns))
    await outbox.add(tx, event(version=version, question_id=row.id, opportunity_id=row.opportunity_id, **of_event))


async def hear_concern(tx: Transaction, question_id: UUID, organisation: str) -> None:
    """FB-09: it was set aside, or it came back, so others answer it now, by the clock that the asker knows. A mail on
    its way that says we are finding out counts as sent."""
    row = await tx.first(select(questions).where(questions.c.id == question_id).with_for_update())
    if row is None or not (row.answered_at is None or row.mailing in domain.UNDELIVERED):
        return
    mailing = "" if row.answered_at is None else row.mailing
    await _say(tx, row, QuestionAsked, due_at=row.due_at, mailing=mailing, asker=_asker(row, organisation))


async def hear_who_has_it(
    tx: Transaction, question_id: UUID, has_it: Mapping[UUID, Collection[UUID]], organisation: str
) -> None:
    """FB-09: who has each concern about it now; the task goes to others if they do."""
    if await safeguarding.hear_who_has_it(tx, question_id, has_it):
        await hear_concern(tx, question_id, organisation)


async def read_set_aside(
    tx: Transaction, question_id: UUID, kept_from: Collection[UUID]
) -> dict[str, str | None] | None:
    """FB-09: for whoever has every concern about it; None to others, if it is not set aside, or forgotten (PRI-04)."""
    if question_id in kept_from or not await concerns_about(tx, question_id):
        return None
    try:
        row = await read(tx, question_id)
    except Missing:
        return None
    return {"text": row.words, "person_id": str(row.asker_id) if row.asker_id else None, "reach": row.reach}


async def for_those_who_have_it(tx: Transaction, question_id: UUID) -> None:
    """FB-09: Missing to everybody else, and if it is not set aside."""
    if not sees_set_aside(tx.actor.id, await concerns_about(tx, question_id)):
        raise Missing


async def _locked(tx: Transaction, question_id: UUID) -> Row[Any]:
    """For whoever answers it: nobody else acts on what is set aside (FB-09)."""
    row = await tx.one(select(questions).where(questions.c.id == question_id).with_for_update())
    refuse(reasons_not_to_act_on(tx.actor.id, await concerns_about(tx, question_id)))
    return row


async def _title_of(tx: Transaction, question_id: UUID) -> str:
    row = await named(tx, question_id)
    return row.our_title or row.their_title or ""


def _asker(row: Row[Any], organisation: str) -> ParticipantRef | None:
    return ParticipantRef(kind="person", id=row.asker_id, home=organisation) if row.asker_id else None


async def note_reading(tx: Transaction, question_id: UUID) -> None:
    """PRI-03: somebody else reads a question, which may say anything about who asked."""
    await steps.add(tx, "question-read", about=question_id)


async def read(tx: Transaction, question_id: UUID) -> Row[Any]:
    """For staff. PRI-03: reading how to reach somebody is written down too."""
    row = await named(tx, question_id)
    await note_reading(tx, question_id)
    if row.reach:
        await steps.add(tx, "contact-details-read", about=question_id)
    return row


async def words_of_answer(tx: Transaction, question_id: UUID, person_id: UUID) -> list[str]:
    """NOT-08: somebody's question and our answer, for the person who rings them; nothing if it is gone. PRI-03: the
    reading is written down."""
    row = await tx.first(select(questions).where(questions.c.id == question_id, questions.c.asker_id == person_id))
    if row is None or row.answered_at is None:
        return []
    if await concerns_about(tx, question_id):
        return [f"{ONLY_THEIRS.text} They tell them the answer."]
    await note_reading(tx, question_id)
    return ["You asked:", *row.words.splitlines(), "Our answer:", *row.answer.splitlines()]


async def forget(tx: Transaction, days: int) -> None:
    """PRI-04: forgets questions answered this many days ago."""
    await tx.execute(delete(questions).where(questions.c.answered_at < tx.now - timedelta(days=days)))


async def forget_reaches(tx: Transaction, days: int) -> None:
    """PRI-04: forgets addresses and numbers of questions asked this many days ago, as the page said. Questions still
    unanswered are deleted whole."""
    old = (questions.c.reach != "") & (questions.c.asked_at < tx.now - timedelta(days=days))
    for row in await tx.all(
        select(questions)
        .where(old)
        .order_by(questions.c.asked_at)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ):
        if row.answered_at is not None:
            await _give_up(tx, row)
            continue
        await _say(tx, row, QuestionAnswered)
        await tx.execute(delete(questions).where(questions.c.id == row.id))
        await steps.add(tx, "question-forgotten-unanswered", about=row.id, opportunity_id=row.opportunity_id)
