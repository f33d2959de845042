"""What notifications keeps: cards, its own copy of facts for messages, messages and tasks. Addresses are never
stored."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.notifications.domain.changes import Meeting
from services.notifications.domain.channels import Card
from services.notifications.domain.tasks import Addressee
from shared.db import actor_columns, metadata, participant_columns

tables = metadata()
_NONE_OF_THEM = text("'{}'")


def _slugs(name: str) -> Column[list[str]]:
    return Column(name, ARRAY(Text), nullable=False, server_default=_NONE_OF_THEM)


def _moment(name: str, *, nullable: bool = False) -> Column:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _machine_moment(name: str) -> Column:
    """When the row was written, by machine time."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())


cards = Table(
    "cards",
    tables,
    Column("person_id", Uuid, primary_key=True),
    Column("home", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    _slugs("roles"),
    _slugs("ruled_out_kinds"),
    _slugs("ruled_out_areas"),
    _slugs("ruled_out_times"),
    Column("area", Text, nullable=False, server_default=""),
    _slugs("channels"),
    Column("discreet", Boolean, nullable=False),
    Column("format", Text, nullable=False),
    _slugs("opted_out"),
    Column("paused", Boolean, nullable=False),
    Column("reached_by_message", Boolean),  # NULL: not told yet
    Column("told_apart_by", Text),  # for staff, what tells two of one name apart; NULL: not told yet
    Column("post_changes", Integer),  # how often their postal address has changed; NULL: not told yet
    Column("post_failed", Integer),  # post_changes of the newest address from which a letter came back
    _machine_moment("stored_at"),
    CheckConstraint("format IN ('plain', 'easy-read')", name="format_is_one_we_write"),
    Index("ix_cards_reach_unknown", "person_id", postgresql_where=text("reached_by_message IS NULL")),
    Index("ix_cards_apart_unknown", "person_id", postgresql_where=text("told_apart_by IS NULL")),
)

names = Table(
    "names",
    tables,
    Column("person_id", Uuid, ForeignKey("cards.person_id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("person_id", "version"),
)
"""NOT-08: somebody's name from this version of their card until the next. Deleted with them."""

opportunities = Table(
    "opportunities",
    tables,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("paid", Boolean, nullable=False),
    Column("contact_role", Text, nullable=False),
    Column("short_notice_reason", Text, nullable=False),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("host", Text, nullable=False, server_default=""),
    Column("host_name", Text, nullable=False, server_default=""),
    Column("announced", Boolean, nullable=False, server_default=text("false")),
    Column("cancelled", Boolean, nullable=False, server_default=text("false")),
    Column("answers_gone", Uuid),
    Column("closes_on", Date),
    Index("ix_opportunities_closes_on", "closes_on", postgresql_where=text("closes_on IS NOT NULL")),
)
"""closes_on: the last day of what people do in their own time, which has no sessions. host: the listing's organisation,
"" for our own. announced: people were told that it is new. answers_gone: the newest event that took back every answer
which everybody could read; news of answers from before it (ids sort by time) is no longer true (OPP-22)."""

sessions = Table(
    "sessions",
    tables,
    Column("session_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, nullable=False),
    _moment("starts_at"),
    _moment("ends_at"),
    Column("venue", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("was_starts_at", DateTime(timezone=True)),
    Index("ix_sessions_opportunity_id", "opportunity_id"),
    Index("ix_sessions_starts_at", "starts_at"),
)
"""version: of the session's own events; 0 until one is heard. was_starts_at: before it was moved last."""

places = Table(
    "places",
    tables,
    Column("place_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    *participant_columns(),
    Column("held", Boolean, nullable=False),
    Column("waiting", Boolean, nullable=False, server_default=text("false")),
    Column("changed_on", Date, nullable=False),
    Index("ix_places_participant_id", "participant_id"),
    Index("ix_places_opportunity_id", "opportunity_id"),
)
"""waiting: on the waiting list, or asked whether they still want the free place."""

calendar_numbers = Table(
    "calendar_numbers",
    tables,
    Column("person_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
)
"""The last SEQUENCE that a person was sent for an opportunity's sessions. The database refuses a lower one (NOT-05)."""

claims = Table(
    "claims",
    tables,
    Column("claim_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("session_id", Uuid, nullable=False),
    *participant_columns(),
    Column("amount_pence", Integer),
    Column("pay_by", Date),
    Column("aim_by", Date),
    Column("recognition", Text),
    Column("overdue", Boolean, nullable=False, server_default=text("false")),
    Column("stopped", Boolean, nullable=False, server_default=text("false")),
    Column("clock_version", Integer, nullable=False, server_default=text("0")),
    _moment("changed_at"),
    Index("ix_claims_participant_id", "participant_id"),
)

feedback_items = Table(
    "feedback_items",
    tables,
    Column("item_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("opportunity_id", Uuid),
    Column("giver_id", Uuid),
    Column("ending", Text),
    _moment("changed_at"),
    Index("ix_feedback_items_giver_id", "giver_id"),
)

safeguarding_leads = Table(
    "safeguarding_leads",
    tables,
    Column("leads_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("lead_id", Uuid),
    Column("deputy_id", Uuid),
    comment="FB-09: who looks after safeguarding, as feedback said it last.",
)

statements = Table(
    "statements",
    tables,
    Column("statement_id", Uuid, primary_key=True),
    Column("host", Text, nullable=False),
)
"""The statements that we sent, each with the organisation it went to."""

messages = Table(
    "messages",
    tables,
    Column("message_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default=text("0")),
    Column("event_id", Uuid, nullable=False),
    Column("caused_by", Uuid, nullable=False),
    *participant_columns(),
    *actor_columns(),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Uuid, nullable=False),
    Column("opportunity_id", Uuid),
    Column("session_id", Uuid),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("said_id", Uuid),
    Column("card_version", Integer),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    _machine_moment("due_at"),
    Column("lease_until", DateTime(timezone=True)),
    Column("lease", Uuid),
    _machine_moment("queued_at"),
    _moment("created_at"),
    _moment("settled_at", nullable=True),
    _moment("read_at", nullable=True),
    UniqueConstraint("event_id", "participant_id", "channel", name="not_02_one_message_per_event_person_and_channel"),
    CheckConstraint("participant_kind = 'person'", name="a_guest_hears_from_home"),
    CheckConstraint("channel IN ('email', 'letter', 'in-app')", name="channel_exists"),
    CheckConstraint(
        "state IN ('queued', 'handing-over', 'sent', 'failed', 'unknown', 'withheld')", name="not_06_state"
    ),
    Index("ix_messages_participant_id", "participant_id", "created_at"),
    Index("ix_messages_due", "due_at", postgresql_where=text("state = 'queued'")),
    Index("ix_messages_handing_over", "lease_until", postgresql_where=text("state = 'handing-over'")),
    Index("ix_messages_trouble", "created_at", postgresql_where=text("state IN ('failed', 'unknown')")),
)
"""card_version: of the card whose name greets them, when this was written or handed over; older messages have none
(NOT-08). event_id: the event that it tells of; a reminder's id stands for its session at that time, a cancellation's
for its opportunity. caused_by: the event or command that made us write it. due_at, lease_until and queued_at are
machine time; created_at, settled_at and read_at business time."""

answer_mails = Table(
    "answer_mails",
    tables,
    Column("question_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("caused_by", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    _machine_moment("due_at"),
    Column("lease_until", DateTime(timezone=True)),
    _moment("created_at"),
    _moment("settled_at", nullable=True),
    CheckConstraint("state IN ('queued', 'handing-over', 'sent', 'failed', 'unknown')", name="not_06_state"),
    Index("ix_answer_mails_due", "due_at", postgresql_where=text("state = 'queued'")),
    Index("ix_answer_mails_handing_over", "lease_until", postgresql_where=text("state = 'handing-over'")),
)
"""OPP-22: answers to people without an account. opportunities holds their addresses and words; we hold neither.
version: of the question-answered event."""

said = Table("said", tables, Column("said_id", Uuid, primary_key=True), Column("facts", JSONB, nullable=False))
"""What was true of an opportunity and claim when messages were written, kept once for everybody who was told the same
(NOT-08)."""

calls = Table(
    "calls",
    tables,
    Column("call_id", Uuid, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("message_id", Uuid, ForeignKey("messages.message_id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Uuid, ForeignKey("cards.person_id", ondelete="CASCADE"), nullable=False),
    Column("template", Text, nullable=False),
    Column("about", Uuid, nullable=False),
    Column("opportunity_id", Uuid),
    Column("way", Text, nullable=False, server_default="phone"),
    Column("why", Text, nullable=False),
    _moment("opened_at"),
    _moment("due_at"),
    _moment("matters_until", nullable=True),
    _moment("tried_at", nullable=True),
    _moment("printed_at", nullable=True),
    Column("printed_for", Integer),
    Column("print_again", Boolean, nullable=False, server_default=text("false")),
    Column("needless", Text),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    _moment("settled_at", nullable=True),
    Column("settled_by", Uuid),
    Column("settled_because", Text),
    UniqueConstraint("event_id", "person_id", "way", name="not_02_one_call_per_event_and_person"),
    CheckConstraint("way IN ('phone', 'letter')", name="way"),
    CheckConstraint("why IN ('no-address', 'failed', 'held-before', 'chosen', 'too-soon')", name="why"),
    CheckConstraint(
        "settled_because IN ('told', 'posted', 'unwanted', 'no-address', 'has-address', 'read', 'sent', 'over',"
        " 'overtaken', 'too-late')",
        name="settled_because",
    ),
    CheckConstraint("(settled_at IS NULL) = (settled_because IS NULL)", name="settled"),
    CheckConstraint("settled_because <> 'told' OR settled_by IS NOT NULL", name="told_by_somebody"),
    CheckConstraint("settled_because <> 'posted' OR settled_by IS NOT NULL", name="posted_by_somebody"),
    Index("ix_calls_open", "person_id", "due_at", postgresql_where=text("settled_at IS NULL")),
    Index("ix_calls_open_about", "about", postgresql_where=text("settled_at IS NULL")),
    Index("ix_calls_settled", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
    Index("ix_calls_message_id", "message_id"),
)
"""NOT-08: news to tell by hand, with the words of message_id: by telephone or in a letter (way). why: they have no
address, theirs failed for good, it is told by the number they had before (PAY-13), they chose letters, or the post is
too slow. tried_at: nobody answered. needless: why a printed letter is not needed. printed_for: their post_changes then;
print_again: what it says has changed since. number: of a letter, on paper and page. All in business time. Settled ones
are forgotten after a while (PRI-04); the steps say who told whom."""

unsubscribe_keys = Table(
    "unsubscribe_keys", tables, Column("key", LargeBinary, primary_key=True), _machine_moment("made_at")
)
"""Sign the links that switch off a kind of message. The newest key signs."""

tasks = Table(
    "tasks",
    tables,
    Column("task_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Uuid, nullable=False),
    Column("audience_role", Text),
    Column("person_id", Uuid),
    Column("opportunity_id", Uuid),
    Column("people", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("except_for", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("deputy_id", Uuid),
    Column("reaches_deputy_at", DateTime(timezone=True)),
    Column("due_on", Date),
    Column("due_at", DateTime(timezone=True)),
    Column("reminded_for", Date),
    Column("number", Integer),
    Column("opened_version", Integer),
    Column("opened_by", Uuid),
    Column("opened_at", DateTime(timezone=True)),
    Column("settled_version", Integer),
    Column("settled_by", Uuid),
    Column("settled_at", DateTime(timezone=True)),
    UniqueConstraint("kind", "about", name="one_task_of_a_kind_per_thing"),
    Index("ix_tasks_person_id", "person_id"),
    Index("ix_tasks_open", "kind", postgresql_where=text("opened_version > coalesce(settled_version, -1)")),
)
"""Whom it is for: everybody in audience_role except person_id and except_for; without a role, person_id and people; the
deputy from reaches_deputy_at on. due_on: its last day; due_at: of a clock in hours; reminded_for: the last one said.
opened_version and settled_version are the claim's, place's or item's: the later decides, in whatever order they arrive.
number: of a payment run."""

task_limits = Table(
    "task_limits",
    tables,
    Column("kind", Text, primary_key=True),
    Column("about", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("not_for", ARRAY(Uuid), nullable=False),
    Column("blocked", Boolean, nullable=False),
)
"""Limits that `payments` sets on tasks opened by other events: who may not do one. blocked: something else must be done
first (PAY-10)."""


def meetings_of(rows: Iterable[Row[Any]]) -> tuple[Meeting, ...]:
    """The sessions in rows of sessions."""
    return tuple(Meeting(row.session_id, row.starts_at, row.ends_at, row.venue) for row in rows)


def addressee_of(row: Row[Any]) -> Addressee:
    """The addressee of the task in a row of tasks. For people by name it is theirs alone, whomever it is about."""
    about = frozenset({row.person_id} if row.person_id else ())
    if row.audience_role is None:
        by_name = frozenset(row.people) or about
        return Addressee(by_name, None, frozenset(row.except_for), row.deputy_id, row.reaches_deputy_at)
    people, but = frozenset(row.people), about | frozenset(row.except_for)
    return Addressee(people, row.audience_role, but, row.deputy_id, row.reaches_deputy_at)


def card_of(row: Row[Any]) -> Card:
    """The card in a row that holds the columns of cards."""
    return Card(
        person_id=row.person_id,
        roles=frozenset(row.roles),
        ruled_out_kinds=frozenset(row.ruled_out_kinds),
        ruled_out_areas=frozenset(row.ruled_out_areas),
        ruled_out_times=frozenset(row.ruled_out_times),
        channels=frozenset(row.channels),
        discreet=row.discreet,
        format=row.format,
        opted_out=frozenset(row.opted_out),
        paused=row.paused,
        reached_by_message=row.reached_by_message,
    )
