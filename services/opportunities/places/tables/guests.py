"""Guests, from both sides of the border: our people at other organisations' opportunities, and theirs at ours
(NET-02)."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.opportunities.words.tables import meta, moment, words
from shared.db import actor_columns, participant_columns

guest_places = Table(
    "guest_places",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("guest_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("listing_id", Uuid, ForeignKey("listings.id"), nullable=False),
    Column("host_opportunity_id", Uuid, nullable=False),
    *participant_columns(),
    Column("state", Text, nullable=False),
    Column("answer_version", Integer, nullable=False, server_default="0"),
    Column("content_version", Integer, nullable=False, server_default="0"),
    Column("position", Integer),
    moment("answer_by", nullable=True),
    moment("accepted_at", nullable=True),
    words("reason"),
    Column("joining", JSONB, nullable=False, server_default="{}"),
    words("duty_number"),
    Column("waiting", JSONB(none_as_null=True)),
    Column("agreed_to", Text, nullable=False),
    moment("agreed_at"),
    moment("created_at"),
    moment("changed_at"),
    *actor_columns(),
    CheckConstraint(
        "state IN ('requested', 'waiting', 'offered', 'taken', 'left', 'lapsed', 'refused', 'cancelled')",
        name="net_02_state",
    ),
    CheckConstraint("agreed_to <> ''", name="net_02_agreed"),
    CheckConstraint("code ~ '^G-[2-9A-HJKMNP-Z]{4}$'", name="net_02_code"),
    CheckConstraint("guest_id <> participant_id AND participant_kind = 'person'", name="net_02_guest_id_is_fresh"),
    UniqueConstraint("guest_id", name="net_02_one_guest_id_each"),
    UniqueConstraint("code", name="net_02_one_code_each"),
    Index(
        "net_02_one_active_guest_place_each",
        "listing_id",
        "participant_kind",
        "participant_id",
        "participant_home",
        unique=True,
        postgresql_where=text("state IN ('requested', 'waiting', 'offered', 'taken')"),
    ),
    Index("ix_guest_places_participant", "participant_id"),
    Index("ix_guest_places_words_wait", "host", postgresql_where=text("waiting IS NOT NULL")),
)
"""A place of one of ours with another organisation. guest_id and code are all that the host knows of them.

version counts our own changes and the host's answers; answer_version and content_version are the host's. agreed_to
names the text that the person agreed to (PRI-02). joining: how to join, by our id of the session, while the place is
taken. duty_number: the host's. waiting: the host's words that nobody here has checked yet, or that we refused to show:
{"words": by name (`NEED`, ...), "refused"}."""

guest_needs = Table(
    "guest_needs",
    meta,
    Column("guest_place_id", Uuid, ForeignKey("guest_places.id"), nullable=False),
    Column("need", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="asked"),
    words("reason"),
    PrimaryKeyConstraint("guest_place_id", "need"),
    CheckConstraint("state IN ('asked', 'promised', 'met', 'not-met')", name="opp_07_state"),
    CheckConstraint("need <> 'other'", name="net_02_words_stay_here"),
)
"""A need that one of ours ticked for the host, and the host's answer."""

guest_attendances = Table(
    "guest_attendances",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("guest_place_id", Uuid, ForeignKey("guest_places.id"), nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("present", Boolean),
    Column("minutes", Integer),
    UniqueConstraint("guest_place_id", "session_id", name="opp_11_one_guest_attendance_each"),
)
"""Lines of hosts' registers about our people, as far as we have told them. id and session_id are our ids for the host's
(`network.local_id`). present and minutes are the host's. Older lines have no minutes, and the oldest do not say whether
the person was there."""

guests = Table(
    "guests",
    meta,
    Column("guest_id", Uuid, primary_key=True),
    Column("home", Text, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("place_id", Uuid, ForeignKey("places.id")),
    Column("request_version", Integer, nullable=False, server_default="0"),
    Column("has_left", Boolean, nullable=False, server_default="false"),
    words("refused_because"),
    Column("answer_version", Integer, nullable=False, server_default="0"),
    words("duty_number"),
    moment("heard_at"),
    Index("ix_guests_place_id", "place_id"),
    Index("ix_guests_home", "home", "heard_at"),
)
"""Another organisation's participant who asked us for a place. A request with an id that another organisation already
uses is ignored: ids are random, and the gateway uses them to ask what to send. request_version: the newest request that
we have heard; has_left: they left, perhaps before their request arrived; answer_version: of our last answer.
opportunity_id is what they wrote, ours or not. duty_number: the home organisation's."""
