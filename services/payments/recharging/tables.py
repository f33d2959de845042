"""What hosts pay back for guests, in both directions (NET-03). The other side's ids are kept beside ours, never in
their place."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from services.payments.schema import created, metadata, one_of

funding_terms = Table(
    "funding_terms",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("holds_from", DateTime(timezone=True), nullable=False),
    Column("rate_pence", Integer),
    Column("funding", Text, nullable=False),
    Column("expenses_cap_pence", Integer, nullable=False),
    created(),
    CheckConstraint(one_of("funding", "none", "fees", "fees-and-expenses"), name="net_03_funding"),
)
"""As host: what we offered to the network for each of our opportunities, and from when. Never changed: a new offer
is a new row."""

recharges = Table(
    "recharges",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("recharge_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("attendance_id", Uuid, ForeignKey("attendances.attendance_id"), nullable=False),
    Column("guest_id", Uuid, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("session_date", Date, nullable=False),
    Column("fee_pence", Integer, nullable=False),
    Column("expenses_pence", Integer, nullable=False),
    Column("most_fee_pence", BigInteger, nullable=False),
    Column("most_expenses_pence", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("because", Text, nullable=False, server_default=text("''")),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("stated_version", Integer, nullable=False, server_default=text("0")),
    created(),
    CheckConstraint(one_of("direction", "raised", "received"), name="direction"),
    CheckConstraint("state IN ('accepted', 'refused') OR (direction = 'raised' AND state = 'raised')", name="state"),
    CheckConstraint("(state = 'refused') = (because <> '')", name="net_03_reason_to_refuse"),
    CheckConstraint("fee_pence >= 0 AND expenses_pence >= 0", name="net_03_not_negative"),
    CheckConstraint(
        "state = 'refused' OR (fee_pence <= most_fee_pence AND expenses_pence <= most_expenses_pence)",
        name="net_03_what_was_agreed",
    ),
    UniqueConstraint("direction", "organisation", "recharge_id", name="uq_recharges_net_03_known_once"),
    Index("ix_recharges_raised_at", "raised_at", "id"),
    Index("ix_recharges_direction_raised_at", "direction", "raised_at", "id"),
    Index(
        "uq_recharges_net_03_raised_once", "attendance_id", unique=True, postgresql_where=text("direction = 'raised'")
    ),
    Index(
        "uq_recharges_net_03_accepted_once",
        "attendance_id",
        unique=True,
        postgresql_where=text("direction = 'received' AND state = 'accepted' AND fee_pence + expenses_pence > 0"),
    ),
    Index(
        "ix_recharges_to_state",
        "organisation",
        "recharge_id",
        postgresql_where=text("direction = 'raised' AND state <> 'refused' AND stated_version < version"),
    ),
)
"""raised: as home, what we ask of a host; id and recharge_id are the same. received: as host, what a home asks of
us. recharge_id: known to both. most_...: what the host funds, by the rules when its newest version was raised or
answered. raised_at: business time of that version. stated_version: the version up to which all of it is on
statements; 0 once a line of it has changed. The ids of the attendance and the opportunity are ours."""

statements = Table(
    "statements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("statement_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answer_version", Integer, nullable=False, server_default=text("0")),
    Column("month", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    created(),
    CheckConstraint(one_of("direction", "issued", "received"), name="direction"),
    CheckConstraint(
        "state IN ('agreed', 'differs', 'settled') OR (direction = 'issued' AND state IN ('issued', 'received'))",
        name="state",
    ),
    UniqueConstraint("direction", "organisation", "statement_id", name="uq_statements_net_03_known_once"),
    Index("ix_statements_month", "month", "id"),
    Index("ix_statements_direction_month", "direction", "month", "id"),
    Index(
        "ix_statements_unsettled", "organisation", "id", postgresql_where=text("state NOT IN ('settled', 'received')")
    ),
)
"""answer_version: of the last host's answer that we heard or, as host, gave. settled: the host says that it paid.
received: the home's finance says that the money has come in."""

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("statement_id", Uuid, ForeignKey("statements.id"), primary_key=True),
    Column("recharge_id", Uuid, primary_key=True),
    Column("ours_pence", BigInteger, nullable=False),
    Column("theirs_pence", BigInteger),
    CheckConstraint("ours_pence >= 0 AND (theirs_pence IS NULL OR theirs_pence >= 0)", name="net_03_not_negative"),
    Index("ix_statement_lines_recharge_id", "recharge_id"),
)
"""recharge_id: known to both sides. theirs: NULL until the other side has answered."""
organisations = Table(
    "organisations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("removed", Boolean, nullable=False, server_default=text("false")),
    Column("named_version", Integer, nullable=False, server_default=text("0")),
)
"""The other organisations of the network. display_name: what our people call it, by `opportunities.organisation-
named` of this named_version; before the first, its short name (NET-01). version: of its announcement. removed:
the hub's operator took them out of it."""
