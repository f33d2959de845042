"""Published by `notifications`: what became of a message, never what it said or where it went."""

from typing import Literal
from uuid import UUID

from shared.events.base import Event, ParticipantRef

Channel = Literal["email", "in-app"]


class MessageSent(Event):
    owner, name, aggregate = "notifications", "message-sent", "message_id"
    message_id: UUID
    person: ParticipantRef
    channel: Channel
    template: str
    about: UUID
    """The claim, opportunity or feedback item that it is about."""


class MessageFailed(Event):
    owner, name, aggregate = "notifications", "message-failed", "message_id"
    message_id: UUID
    person: ParticipantRef
    channel: Channel
    template: str
    about: UUID
    reason: Literal["no-address", "refused", "unreachable", "unknown"]
    """"unknown": the hand-over was cut off and may have happened; it is not sent again by itself."""


class LetterPosted(Event):
    """Somebody put a letter in the post, so its message is sent."""

    owner, name, aggregate = "notifications", "letter-posted", "message_id"
    message_id: UUID
    person: ParticipantRef
    template: str
    about: UUID


class LetterFailed(Event):
    """A letter came back, or there was no address to post it to: the next channel or a call takes over."""

    owner, name, aggregate = "notifications", "letter-failed", "message_id"
    message_id: UUID
    person: ParticipantRef
    template: str
    about: UUID
    reason: Literal["no-address", "came-back"]


class AnswerMailed(Event):
    """What became of mailing an answer to somebody without an account (OPP-22). version: that of the
    question-answered event which it is about."""

    owner, name, aggregate = "notifications", "answer-mailed", "question_id"
    question_id: UUID
    outcome: Literal["sent", "failed", "unknown"]
    """"unknown": the hand-over was cut off and may have happened; it is not sent again by itself."""


class MessagesDeclined(Event):
    """Someone switched off a kind of message by the link in a mail. Each event is about its own aggregate, so
    version is 1."""

    owner, name, aggregate = "notifications", "messages-declined", "request_id"
    request_id: UUID
    person_id: UUID
    kind: str
    """A kind that may be switched off, such as "reminders"."""
