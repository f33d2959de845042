"""The states of a message on its way out (NOT-06). Leases and waits are machine time; nothing here waits on a mail
server.

A worker leases queued messages, and marks each as handing-over in a transaction of its own before the mail server is
called. A message still in that state after its lease may have gone out, so it becomes unknown and staff decide."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select, text

from services.notifications.domain.channels import EMAIL, IN_APP, LETTER, channels_after_failure, channels_for
from services.notifications.domain.delivery import State, reasons_not_to_send_again, wait_before_retry
from services.notifications.domain.messages import Kind
from services.notifications.gateways.mail import Outcome
from services.notifications.tables import card_of, cards, messages
from services.notifications.use_cases import calls
from shared.db import Transaction, new_id, participant_of
from shared.events.notifications import LetterFailed, LetterPosted, MessageFailed, MessageSent
from shared.messaging import outbox, steps
from shared.reasons import refuse

Why = Literal["no-address", "refused", "unreachable", "unknown", "came-back"]
NotTried = Literal["no-address", "unwanted", "overtaken"]

LEASE_SECONDS = 300
"""How long a worker may take over the messages that it leased."""
HANDING_OVER_SECONDS = 180
"""Longer than a worker ever waits for the mail server."""
AWAY_SECONDS = 10
"""If `people` or the mail server is away, the wait before the next try. It does not count as one of the message's
tries."""

_LEASE = text(
    "UPDATE messages SET lease = :lease, lease_until = clock_timestamp() + make_interval(secs => :seconds)"
    " WHERE message_id IN (SELECT message_id FROM messages"
    "   WHERE state = 'queued' AND channel <> 'letter' AND due_at <= clock_timestamp()"
    "   AND (lease_until IS NULL OR lease_until < clock_timestamp())"
    "   ORDER BY due_at, message_id LIMIT :most FOR UPDATE SKIP LOCKED)"
    " RETURNING message_id, channel"
)
_MARK = text(
    "UPDATE messages SET state = 'handing-over', lease_until = clock_timestamp() + make_interval(secs => :seconds),"
    " card_version = (SELECT cards.version FROM cards WHERE person_id = messages.participant_id)"
    " WHERE message_id = :message_id AND state = 'queued' AND lease = :lease AND lease_until > clock_timestamp()"
)
_SETTLE = text(
    "UPDATE messages SET state = :state, reason = :reason, version = version + 1, failures = :failures, settled_at = "
    ":now,"
    " lease = NULL, lease_until = NULL WHERE message_id = :message_id"
)
_TRY_LATER = text(
    "UPDATE messages SET state = 'queued', failures = :failures, due_at = clock_timestamp() + :wait, lease = NULL, "
    "lease_until = NULL"
    " WHERE message_id = :message_id"
)
_GIVE_BACK = text(
    "UPDATE messages SET due_at = clock_timestamp() + make_interval(secs => :seconds), lease = NULL, lease_until = NULL"
    " WHERE state = 'queued' AND lease = :lease AND message_id = ANY(:message_ids)"
)
_LEFT_OVER = text(
    "SELECT * FROM messages WHERE state = 'handing-over' AND lease_until < clock_timestamp() ORDER BY message_id FOR "
    "UPDATE SKIP LOCKED"
)
_SEND_AGAIN = text(
    "UPDATE messages SET state = 'queued', reason = NULL, failures = 0, due_at = clock_timestamp(), settled_at = NULL "
    "WHERE message_id = :message_id"
)
_FALL_BACK = text(
    "INSERT INTO messages (message_id, event_id, caused_by, participant_kind, participant_id, participant_home, "
    "actor_kind, actor_id,"
    " acting_for, channel, template, kind, about, opportunity_id, session_id, facts, said_id, card_version, state, "
    "created_at)"
    " SELECT :new_id, event_id, caused_by, participant_kind, participant_id, participant_home, actor_kind, actor_id,"
    " acting_for, :channel, template, kind, about, opportunity_id, session_id, facts, said_id, card_version, 'queued', "
    ":now"
    " FROM messages WHERE message_id = :message_id"
    " ON CONFLICT ON CONSTRAINT not_02_one_message_per_event_person_and_channel DO NOTHING"
)


async def lease_messages(tx: Transaction, lease: UUID, most: int) -> Sequence[Row[Any]]:
    """Takes up to `most` messages that are due: message_id and channel. Other workers skip them until the lease has run
    out."""
    return await tx.all(_LEASE, {"lease": lease, "seconds": LEASE_SECONDS, "most": most})


async def give_back(tx: Transaction, lease: UUID, message_ids: Sequence[UUID]) -> None:
    """They could not be tried at all, so any worker may try them a little later."""
    await tx.execute(_GIVE_BACK, {"lease": lease, "message_ids": list(message_ids), "seconds": AWAY_SECONDS})


async def mark_handing_over(tx: Transaction, lease: UUID, message_id: UUID) -> bool:
    """Commit before the mail server is called. False if the lease ran out, in which case it is not ours to send."""
    marked = await tx.execute(_MARK, {"lease": lease, "message_id": message_id, "seconds": HANDING_OVER_SECONDS})
    return marked.rowcount == 1


async def record_outcome(tx: Transaction, lease: UUID, message_id: UUID, outcome: Outcome | NotTried) -> None:
    """Writes down the outcome, once however often it is asked."""
    message = await tx.one(select(messages).where(messages.c.message_id == message_id).with_for_update())
    if message.lease != lease or message.state not in {State.QUEUED, State.HANDING_OVER}:
        return
    match outcome:
        case "sent":
            await _sent(tx, message)
        case "later":
            await _failed_for_now(tx, message)
        case "unwanted":
            await _withheld(tx, message)
        case "overtaken":  # no other channel says it either (NOT-02)
            await _settle(tx, message, State.WITHHELD, None)
        case why:
            await _failed(tx, message, why)


async def deliver_in_app(tx: Transaction, lease: UUID, message_ids: Sequence[UUID]) -> None:
    """In the app a message is delivered as soon as it is stored."""
    for message_id in message_ids:
        await record_outcome(tx, lease, message_id, "sent")


async def find_left_over(tx: Transaction) -> None:
    """NOT-02: messages that were being handed over when a worker died may have gone out, so staff see them and nothing
    sends them again."""
    for message in await tx.all(_LEFT_OVER):
        await _failed(tx, message, "unknown")


async def send_again(tx: Transaction, message_id: UUID) -> None:
    """Staff decided to send a failed or unknown message again. It keeps its Message-ID. They never see those of a
    concern (FB-09), and a letter is written anew."""
    seen = (messages.c.message_id == message_id) & (messages.c.kind != Kind.SAFEGUARDING)
    seen &= messages.c.channel != LETTER
    message = await tx.one(select(messages).where(seen).with_for_update())
    refuse(reasons_not_to_send_again(message.state))
    await tx.execute(_SEND_AGAIN, {"message_id": message_id})
    await steps.add(
        tx, "message-sent-again", about=message.about, message_id=message_id, was=message.state, reason=message.reason
    )


async def letter_posted(tx: Transaction, message_id: UUID) -> None:
    """NOT-01: somebody put it in the post, so it is sent."""
    message = await tx.one(select(messages).where(messages.c.message_id == message_id).with_for_update())
    if message.state == State.QUEUED:
        await _sent(tx, message)


async def letter_failed(tx: Transaction, message_id: UUID, why: Literal["no-address", "came-back"]) -> bool:
    """NOT-06: we do not know where to post it, or it came back. Whether that is new."""
    message = await tx.one(select(messages).where(messages.c.message_id == message_id).with_for_update())
    if message.state != (State.SENT if why == "came-back" else State.QUEUED):
        return False
    await _failed(tx, message, why)
    return True


async def withhold_letter(tx: Transaction, message_id: UUID) -> None:
    """NOT-02: they want no letters any more, or nothing of this kind. Who cannot be told otherwise is rung."""
    message = await tx.one(select(messages).where(messages.c.message_id == message_id).with_for_update())
    if message.state != State.QUEUED:
        return
    await _withheld(tx, message)
    card = card_of(await tx.one(select(cards).where(cards.c.person_id == message.participant_id)))
    if card.reached_by_message is False and channels_for(card, Kind(message.kind), message.facts.get("chosen")):
        await calls.open_because_failed(tx, message, "no-address")


async def _sent(tx: Transaction, message: Row[Any]) -> None:
    await _settle(tx, message, State.SENT, None)
    if message.version and message.channel == EMAIL:  # it had failed before
        await calls.sent_after_all(tx, message)
    event = (LetterPosted if message.channel == LETTER else MessageSent)(version=message.version + 1, **_facts(message))
    await outbox.add(tx, event, caused_by=message.caused_by)


async def _failed_for_now(tx: Transaction, message: Row[Any]) -> None:
    wait = wait_before_retry(message.failures + 1)
    if wait is None:
        return await _failed(tx, message, "unreachable")
    await tx.execute(_TRY_LATER, {"message_id": message.message_id, "failures": message.failures + 1, "wait": wait})
    await steps.add(
        tx,
        "message-try-later",
        about=message.about,
        caused_by=message.caused_by,
        message_id=message.message_id,
        failures=message.failures + 1,
    )


async def _failed(tx: Transaction, message: Row[Any], why: Why) -> None:
    """For good, or unknown. After a failure for good the person's next channel takes over (NOT-06)."""
    await _settle(tx, message, State.UNKNOWN if why == "unknown" else State.FAILED, why)
    kind = LetterFailed if message.channel == LETTER else MessageFailed
    event = kind(version=message.version + 1, reason=why, **_facts(message))  # pyrefly: ignore
    await outbox.add(tx, event, caused_by=message.caused_by)
    if why != "unknown":
        await _fall_back(tx, message)
        if message.channel != IN_APP:
            await calls.open_because_failed(tx, message)


async def _withheld(tx: Transaction, message: Row[Any]) -> None:
    """NOT-02: they opted out, or changed how they hear, while it waited."""
    await _settle(tx, message, State.WITHHELD, None)
    await _fall_back(tx, message)


async def _settle(tx: Transaction, message: Row[Any], state: State, reason: str | None) -> None:
    await tx.execute(
        _SETTLE,
        {
            "message_id": message.message_id,
            "state": state.value,
            "reason": reason,
            "failures": message.failures,
            "now": tx.now,
        },
    )
    await steps.add(
        tx,
        f"message-{state.value}",
        about=message.about,
        caused_by=message.caused_by,
        message_id=message.message_id,
        template=message.template,
        channel=message.channel,
        **({"reason": reason} if reason else {}),
    )


async def _fall_back(tx: Transaction, message: Row[Any]) -> None:
    card = card_of(await tx.one(select(cards).where(cards.c.person_id == message.participant_id)))
    for channel in channels_after_failure(card, Kind(message.kind), message.channel):
        fallen = {"new_id": new_id(), "message_id": message.message_id, "channel": channel, "now": tx.now}
        if channel != LETTER:
            await tx.execute(_FALL_BACK, fallen)
            continue
        clock = await calls.clocks_of(tx, message.template, message.opportunity_id, message.facts)
        if not clock["in_time"]:
            await calls.open_because_failed(tx, message, "too-soon")
            continue
        await tx.execute(_FALL_BACK, fallen)
        await calls.open_letter(tx, fallen["new_id"], clock)


def _facts(message: Row[Any]) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "person": participant_of(message),
        "template": message.template,
        "about": message.about,
        **({} if message.channel == LETTER else {"channel": message.channel}),
    }
