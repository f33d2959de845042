"""The other organisations of the network, and their listings."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql.naming import conv

from services.opportunities.words.domain import IN_THE_ROOM
from services.opportunities.words.tables import meta, moment, words

FUNDING = "('none', 'fees', 'fees-and-expenses')"


organisations = Table(
    "organisations",
    meta,
    Column("origin", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("removed", Boolean, nullable=False, server_default="false"),
    moment("trusted_at", nullable=True),
    Column("waiting", JSONB(none_as_null=True)),
    moment("known_since", nullable=True),
    words("fingerprint"),
    Column("signs", Boolean),
    Column("named_version", Integer, nullable=False, server_default="0"),
)
"""The other organisations of the network, by short name, which the hub vouches for. display_name and url: what our
people read, which is the short name alone until a coordinator has agreed to a first name that looks like another's
(NET-01). waiting: a name and address that nobody has checked yet. trusted_at: since when their listings come in
unchecked. known_since: their first announcement; NULL if it came before we wrote that down. fingerprint, signs: of the
key that our gateway goes by, and whether they sign what they share; "" and NULL until it says so. named_version: of our
own event about the name."""

listings = Table(
    "listings",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("host_opportunity_id", Uuid, nullable=False),
    Column("host_version", Integer, nullable=False),
    Column("text_version", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("host_name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("background", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("time_needed", Text, nullable=False),
    Column("payment", Text, nullable=False),
    Column("accessibility", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("contact_role", Text, nullable=False),
    Column("commissioner", Text, nullable=False),
    Column("short_notice_reason", Text, nullable=False),
    words("answers"),
    *map(words, IN_THE_ROOM),
    Column("paid", Boolean, nullable=False),
    Column("rate_pence", Integer),
    Column("funding", Text, nullable=False),
    Column("expenses_cap_pence", Integer, nullable=False),
    Column("waiting_list", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("signed", Boolean),
    moment("first_starts_at"),
    moment("last_ends_at"),
    Column("changed", ARRAY(Text), nullable=False, server_default="{}"),
    words("reason"),
    Column("differences", JSONB, nullable=False, server_default="[]"),
    Column("hidden", Boolean, nullable=False, server_default="false"),
    Column("agreed_rate_pence", Integer),
    Column("agreed_funding", Text),
    Column("agreed_cap_pence", Integer),
    moment("agreed_at", nullable=True),
    moment("heard_at"),
    Column("held", Boolean, nullable=False, server_default="false"),
    moment("let_in_at", nullable=True),
    moment("told_at", nullable=True),
    Column("waiting", JSONB(none_as_null=True)),
    Column("not_shown", JSONB(none_as_null=True)),
    Column("retold", Integer, nullable=False, server_default="0"),
    moment("retold_since", nullable=True),
    Column("asked_version", Integer, nullable=False, server_default="0"),
    CheckConstraint("NOT held OR hidden", name=conv("net_01_held_is_hidden")),
    CheckConstraint("state IN ('open', 'not-shared', 'cancelled', 'closed')", name="net_01_state"),
    CheckConstraint(
        f"funding IN {FUNDING} AND (agreed_funding IS NULL OR agreed_funding IN {FUNDING})", name="net_03_funding"
    ),
    CheckConstraint(
        "(agreed_at IS NULL) = (agreed_funding IS NULL) AND (agreed_at IS NULL) = (agreed_cap_pence IS NULL)",
        name="net_03_agreed_to_terms",
    ),
    UniqueConstraint("origin", "host_opportunity_id", name="net_04_one_listing_each"),
    Index("ix_listings_open", "origin", postgresql_where=text("state = 'open'")),
    Index("ix_listings_last_ends_at", "last_ends_at"),
    Index("ix_listings_asked", "id", postgresql_where=text("asked_version % 2 = 1")),
    Index("ix_listings_told_at", "origin", "told_at"),
    Index("ix_listings_let_in_at", "origin", "let_in_at", postgresql_where=text("told_at IS NULL")),
    Index("ix_listings_held", "origin", postgresql_where=text("held")),
    Index("ix_listings_waiting", "origin", postgresql_where=text("waiting IS NOT NULL")),
    Index("ix_listings_retold_since", "origin", "retold_since"),
)
"""Another organisation's opportunity. id is `network.local_id(origin, host_opportunity_id)`.

host_version: the host's last version; text_version: the version of its text, which may still be told after a
withdrawal; version: of our own events about it. signed: whether its organisation signed this text; if not, the hub
could have written it. changed, reason, differences: of the last change or of its end. held: hidden until a
coordinator has checked it. let_in_at: when it came in unchecked and nobody was told, because we had not agreed to
pay. asked_version: of the task to agree to pay for it; odd while it waits for coordinators (NET-03). told_at: when
our people were told of it; NULL until then. waiting: newer words that nobody has checked (`Waiting`); its own
columns hold what our people read. not_shown: waiting words that a coordinator refused to show, until the host says
something else. retold: how often within a day from retold_since new words of it reached our people. agreed_*: the
terms that a coordinator accepted (NET-03)."""

listing_sessions = Table(
    "listing_sessions",
    meta,
    Column("listing_id", Uuid, ForeignKey("listings.id"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("host_session_id", Uuid, nullable=False),
    moment("starts_at"),
    moment("ends_at"),
    Column("venue", Text, nullable=False),
)
"""id is `network.local_id(origin, host_session_id)`."""

listing_sessions_gone = Table(
    "listing_sessions_gone",
    meta,
    Column("listing_id", Uuid, ForeignKey("listings.id"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    moment("starts_at"),
    moment("ends_at"),
    Column("venue", Text, nullable=False),
    moment("cancelled_at"),
    moment("said_at", nullable=True),
)
"""Sessions to come that the host took out while others stay (OPP-19). cancelled_at: when we heard of it. said_at: when
our own services heard since when it was cancelled, as its host says."""

withdrawals = Table(
    "withdrawals",
    meta,
    Column("listing_id", Uuid, primary_key=True),
    Column("host_version", Integer, nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""Withdrawn before it was listed here, so that older events which arrive later do not list it. heard_at is machine
time; a job forgets rows that the streams no longer hold events for."""
