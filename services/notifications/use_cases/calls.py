"""Ringing people whom no message reaches: what they are told, who told them, and when nobody needs to ring (NOT-08)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, exists, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from services.notifications.domain.calls import (
    ENTERED_IT,
    is_of_a_question,
    is_rung_for,
    is_said_as_it_is_now,
    is_settled_by,
    matters_until,
    overtaken_by,
    ring_by,
    said_by_change,
    sessions_told_of,
)
from services.notifications.domain.changes import Dates, dates_that_were
from services.notifications.domain.channels import LETTER, PHONE
from services.notifications.domain.delivery import State
from services.notifications.domain.messages import MESSAGES, goes_on_in_a_pause, kinds_that
from services.notifications.domain.posting import comes_in_time, is_posted, post_by
from services.notifications.queries.dates import dates_of
from services.notifications.queries.ways import told_by
from services.notifications.tables import calls, cards, messages, opportunities
from shared.copies import Keeping, ask_again_about_cards, fill_in
from shared.db import Transaction, new_id, one_of
from shared.messaging import steps
from shared.reasons import Missing, refuse

_MAIL_INSTEAD = text(
    # Now that they have an address, the news goes there too, once, as everything does (NOT-02).
    "INSERT INTO messages (message_id, event_id, caused_by, participant_kind, participant_id, participant_home, "
    "actor_kind, actor_id,"
    " acting_for, channel, template, kind, about, opportunity_id, session_id, facts, said_id, card_version, state, "
    "created_at)"
    " SELECT gen_random_uuid(), m.event_id, m.caused_by, m.participant_kind, m.participant_id, m.participant_home, "
    "m.actor_kind, m.actor_id,"
    " m.acting_for, 'email', m.template, m.kind, m.about, m.opportunity_id, m.session_id, m.facts, m.said_id, "
    "m.card_version, 'queued', :now"
    " FROM calls JOIN messages m USING (message_id) JOIN cards ON cards.person_id = calls.person_id"
    " WHERE calls.person_id = ANY(:people) AND calls.settled_at IS NULL AND calls.why = 'no-address'"
    " AND 'email' = ANY(cards.channels) AND (NOT cards.paused OR m.kind = ANY(:in_a_pause)) AND (calls.matters_until "
    "IS NULL OR calls.matters_until > :now)"
    " ON CONFLICT ON CONSTRAINT not_02_one_message_per_event_person_and_channel DO NOTHING"
)
_OPEN_BECAUSE_FAILED = text(
    "INSERT INTO calls (call_id, event_id, message_id, person_id, template, about, opportunity_id, why, opened_at, "
    "due_at, matters_until)"
    " SELECT :call_id, event_id, message_id, participant_id, template, about, opportunity_id, :why, :now, "
    ":due_at, :matters_until"
    " FROM messages WHERE message_id = :message_id AND NOT EXISTS (SELECT FROM messages AS letter"
    "   WHERE letter.event_id = messages.event_id AND letter.participant_id = messages.participant_id"
    "   AND letter.channel = 'letter' AND letter.state IN ('queued', 'sent'))"
    " ON CONFLICT ON CONSTRAINT not_02_one_call_per_event_and_person DO NOTHING"
)
_OPEN_LETTER = text(
    "INSERT INTO calls (call_id, event_id, message_id, person_id, template, about, opportunity_id, way, why, "
    "opened_at, due_at, matters_until)"
    " SELECT :call_id, event_id, message_id, participant_id, template, about, opportunity_id, 'letter', 'chosen', "
    ":now, :post_by, :matters_until"
    " FROM messages WHERE message_id = :message_id"
    " ON CONFLICT ON CONSTRAINT not_02_one_call_per_event_and_person DO NOTHING"
)

_OPEN_FOR_THE_WAY_BEFORE = text(
    "INSERT INTO calls (call_id, event_id, message_id, person_id, template, about, opportunity_id, why, opened_at, "
    "due_at, matters_until)"
    " SELECT :call_id, event_id, message_id, participant_id, template, about, opportunity_id, 'held-before', :now, "
    ":due_at, :matters_until"
    " FROM messages WHERE event_id = :event_id AND participant_id = :person AND channel = 'in-app'"
    " ON CONFLICT ON CONSTRAINT not_02_one_call_per_event_and_person DO UPDATE SET why = 'held-before'"
)


BY_PHONE = calls.c.way == PHONE
"""The other way is a letter."""


async def clock_of(
    tx: Transaction, template: str, opportunity_id: UUID | None, facts: dict[str, Any]
) -> dict[str, Any]:
    """Whether we ring about this news (rung), by when (due_at), and until when it matters (matters_until).

    facts: what the message says. Its former dates count too, because somebody may still be on the way to one."""
    clock, _ = await _clock_and_moments(tx, template, opportunity_id, facts)
    return clock


async def clocks_of(
    tx: Transaction, template: str, opportunity_id: UUID | None, facts: dict[str, Any]
) -> dict[str, Any]:
    """As clock_of, and whether it goes by post (posted), arrives in time (in_time), and by when it is posted
    (post_by)."""
    clock, before = await _clock_and_moments(tx, template, opportunity_id, facts)
    posted = is_posted(template)
    in_time = posted and comes_in_time(template, tx.now, before)
    return clock | {"posted": posted, "in_time": in_time, "post_by": post_by(tx.now)}


async def _clock_and_moments(
    tx: Transaction, template: str, opportunity_id: UUID | None, facts: dict[str, Any]
) -> tuple[dict[str, Any], list[datetime]]:
    """The clock of a call, and the moments before which they must know."""
    if not (is_posted(template) or is_rung_for(template, host="?")):
        return {"rung": False, "due_at": tx.now, "matters_until": None}, []
    host, dates = "", Dates(())
    if opportunity_id is not None and is_rung_for(template, host="?"):
        host = (
            await tx.scalar(select(opportunities.c.host).where(opportunities.c.opportunity_id == opportunity_id)) or ""
        )
        dates = await dates_of(tx, opportunity_id)
    were, told_of = dates_that_were(facts), sessions_told_of(facts)
    about = [each for each in dates.meetings if told_of is None or str(each.session_id) in told_of]
    starts = replace(dates, meetings=tuple(about)).starts + were.starts
    answer_by = datetime.fromisoformat(facts["answer_by"]) if facts.get("answer_by") else None
    answers = [datetime.fromisoformat(facts[name]) for name in ("answer_by", "due_at") if facts.get(name)]
    before = [*starts, *answers]
    until = matters_until(template, dates.ends + were.ends, answer_by, tx.now)
    if not is_rung_for(template, host=host):
        return {"rung": False, "due_at": tx.now, "matters_until": until}, before
    due_at = ring_by(template, tx.now, before)
    if until is not None and until > tx.now:
        due_at = min(due_at, until)
    return {"rung": True, "due_at": due_at, "matters_until": until}, before


async def open_because_failed(tx: Transaction, message: Row[Any], why: str = "failed") -> None:
    """NOT-06, NOT-08: their mail or letter failed for good, and nobody knows whether they ever look into the app."""
    clock = await clock_of(tx, message.template, message.opportunity_id, message.facts)
    if clock.pop("rung") and (message.channel == LETTER or not is_said_as_it_is_now(message.template)):
        # calls about news are only for people whom we knew not to reach otherwise
        opened = {"call_id": new_id(), "message_id": message.message_id, "why": why, "now": tx.now}
        await tx.execute(_OPEN_BECAUSE_FAILED, opened | clock)


async def open_letter(tx: Transaction, message_id: UUID, clock: dict[str, Any]) -> None:
    """The letter comes on the list of letters to post. Nothing happens if there is no such message."""
    told = {"call_id": new_id(), "message_id": message_id, "now": tx.now}
    await tx.execute(_OPEN_LETTER, told | {name: clock[name] for name in ("post_by", "matters_until")})


async def open_for_the_way_before(tx: Transaction, person_id: UUID, template: str) -> None:
    """PAY-13: told by the telephone number that they had before, whatever was entered or read since."""
    clock = await clock_of(tx, template, None, {})
    clock.pop("rung")
    await tx.execute(
        _OPEN_FOR_THE_WAY_BEFORE,
        {"call_id": new_id(), "event_id": tx.cause, "person": person_id, "now": tx.now, **clock},
    )


async def post_to_the_way_before(tx: Transaction, person_id: UUID) -> None:
    """PAY-13: the letter goes to the address that they had before, whatever they choose, enter or read since."""
    theirs = calls.c.event_id == tx.cause, calls.c.person_id == person_id, ~BY_PHONE
    await tx.execute(update(calls).where(*theirs).values(why="held-before"))


async def told(tx: Transaction, person_id: UUID, call_ids: Sequence[UUID], by: UUID) -> int:
    """Somebody rang and said it. Returns how many of these were still open; settled ones stay as they were."""
    theirs = and_(calls.c.person_id == person_id, told_by(PHONE), one_of(calls.c.call_id, call_ids))
    if not await tx.scalar(select(func.count()).select_from(calls).where(theirs)):
        raise Missing
    mine = calls.c.why == "held-before", messages.c.facts["entered_by"].astext == str(by)
    if await tx.first(
        select(calls.c.call_id)
        .join(messages, messages.c.message_id == calls.c.message_id)
        .where(theirs, *mine)
        .limit(1)
    ):
        refuse(ENTERED_IT)
    settled = await tx.all(
        update(calls)
        .where(theirs, calls.c.settled_at.is_(None))
        .values(settled_at=tx.now, settled_by=by, settled_because="told")
        .returning(calls.c.about, calls.c.call_id, calls.c.message_id, calls.c.template, calls.c.way)
    )
    said = [
        (
            row.about,
            {"person_id": person_id, "call_id": row.call_id, "message_id": row.message_id, "template": row.template},
        )
        for row in settled
    ]
    await steps.add_all(tx, "told-by-phone", said)
    await withhold(tx, [row.message_id for row in settled if row.way == LETTER])
    return len(settled)


async def tried(tx: Transaction, person_id: UUID) -> None:
    """Somebody rang and nobody answered, so it stays on the list."""
    rung = await tx.execute(
        update(calls)
        .where(calls.c.person_id == person_id, told_by(PHONE), calls.c.settled_at.is_(None))
        .values(tried_at=tx.now)
    )
    if not rung.rowcount:
        raise Missing
    await steps.add(tx, "nobody-answered-the-phone", about=person_id, calls=rung.rowcount)


async def overtaken(tx: Transaction, happening: str, about: UUID, person_id: UUID | None = None) -> None:
    """A later event at the same place, claim or item makes the call needless. person_id: for this person alone."""
    news = overtaken_by(happening)
    if news:
        whose = [] if person_id is None else [calls.c.person_id == person_id]
        await settle(tx, and_(calls.c.about == about, calls.c.template.in_(sorted(news)), *whose), "overtaken")


async def settled_by(tx: Transaction, happening: str, about: UUID) -> None:
    """A later event makes the call needless, or they were told when it happened."""
    of_it = (
        select(calls.c.call_id, calls.c.template, messages.c.facts)
        .join(messages, messages.c.message_id == calls.c.message_id)
        .where(calls.c.about == about, calls.c.settled_at.is_(None))
    )
    said = [row.call_id for row in await tx.all(of_it) if is_settled_by(happening, row.template, row.facts)]
    if said:
        await settle(tx, one_of(calls.c.call_id, said), "overtaken")


async def overtaken_by_change(tx: Transaction, opportunity_id: UUID, changed: Sequence[str]) -> None:
    """A newer change makes calls about earlier ones needless, unless they told of something else (OPP-16)."""
    said = literal(said_by_change(changed), JSONB)
    is_said = exists().where(
        messages.c.message_id == calls.c.message_id, messages.c.facts["changed"].contained_by(said)
    )
    await settle(
        tx, and_(calls.c.about == opportunity_id, calls.c.template == "opportunity-changed", is_said), "overtaken"
    )


async def news_is_now(tx: Transaction, opportunity_id: UUID) -> None:
    """OPP-16: after a change, calls about the new opportunity tell its new times, and have a new time to ring by. So
    have calls about questions (OPP-22)."""
    for template in sorted(name for name in MESSAGES if is_said_as_it_is_now(name) or is_of_a_question(name)):
        clock = await clock_of(tx, template, opportunity_id, {})
        if not clock.pop("rung"):
            continue
        of_it = calls.c.opportunity_id == opportunity_id, calls.c.template == template, calls.c.settled_at.is_(None)
        sooner = func.least(calls.c.due_at, clock["due_at"])
        await tx.execute(update(calls).where(*of_it, BY_PHONE).values(clock | {"due_at": sooner}))
        anew = {"matters_until": clock["matters_until"], "print_again": calls.c.printed_at.is_not(None)}
        await tx.execute(update(calls).where(*of_it, ~BY_PHONE).values(anew))


async def sent_after_all(tx: Transaction, message: Row[Any]) -> None:
    """The mail that had failed went out when staff sent it again."""
    await settle(
        tx, and_(calls.c.event_id == message.event_id, calls.c.person_id == message.participant_id, BY_PHONE), "sent"
    )


async def read(tx: Transaction, event_ids: Any, person_id: UUID) -> None:
    """They have opened it in the app themselves. event_ids: a subquery or a list."""
    whose = and_(calls.c.event_id.in_(event_ids), calls.c.person_id == person_id)
    await settle(
        tx, and_(whose, calls.c.why != "held-before"), "read"
    )  # whoever has the contact details that were entered may have read that


async def reached(tx: Transaction, people: Sequence[UUID]) -> None:
    """These people now have an address, so open news is mailed and nobody needs to ring."""
    await tx.execute(
        _MAIL_INSTEAD, {"people": list(people), "now": tx.now, "in_a_pause": kinds_that(goes_on_in_a_pause)}
    )
    await settle(tx, and_(one_of(calls.c.person_id, people), calls.c.why == "no-address"), "has-address")


async def settle_what_is_over(tx: Transaction) -> None:
    """What it was about is over, so nobody needs to ring."""
    await settle(tx, calls.c.matters_until <= tx.now, "over")


async def forget(tx: Transaction, days: int) -> None:
    """PRI-04: forgets calls settled this many days ago. The steps still say who told whom."""
    await tx.execute(delete(calls).where(calls.c.settled_at < tx.now - func.make_interval(0, 0, 0, days)))


async def ask_who_is_reached(service: Keeping) -> None:
    """Asks `people` about cards from before they said whether somebody has an address and what tells two of one name
    apart."""
    await ask_again_about_cards(service, cards, cards.c.reached_by_message.is_(None), _keep_reach)


async def _keep_reach(tx: Transaction, said: dict[UUID, dict[str, Any]]) -> None:
    reach = {person_id: card.get("reached_by_message") for person_id, card in said.items()}
    await fill_in(tx, cards, cards.c.reached_by_message, reach)
    await reached(tx, [person_id for person_id, is_reached in reach.items() if is_reached])


async def settle(tx: Transaction, which: Any, because: str) -> None:
    """Nobody needs to ring or write about these. A letter that is printed may be in the post already: it stays on the
    list and says why it is not needed."""
    printed = calls.c.printed_at.is_not(None)
    open_ = update(calls).where(which, calls.c.settled_at.is_(None))
    await tx.execute(open_.where(printed, calls.c.needless.is_(None)).values(needless=because))
    settled = await tx.all(
        open_.where(~printed)
        .values(settled_at=tx.now, settled_because=because)
        .returning(calls.c.about, calls.c.call_id, calls.c.template, calls.c.way, calls.c.message_id)
    )
    for way, what in ((PHONE, "call-not-needed"), (LETTER, "letter-not-needed")):
        said = [
            (row.about, {"call_id": row.call_id, "template": row.template, "because": because})
            for row in settled
            if row.way == way
        ]
        await steps.add_all(tx, what, said)
    await withhold(tx, [row.message_id for row in settled if row.way == LETTER])


async def withhold(tx: Transaction, message_ids: Sequence[UUID]) -> None:
    """NOT-02: these letters are not posted."""
    queued = one_of(messages.c.message_id, message_ids), messages.c.state == State.QUEUED
    gone = {"state": State.WITHHELD, "settled_at": tx.now, "version": messages.c.version + 1}
    await tx.execute(update(messages).where(*queued).values(gone))
