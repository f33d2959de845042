"""The gateway's own tables besides those that every service has."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
)

from shared.db import metadata

tables = metadata()

keys = Table(
    "keys",
    tables,
    Column("organisation", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("sealing_key", LargeBinary, nullable=False),
    Column("signing_key", LargeBinary, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("announced_at", DateTime(timezone=True)),
    Column("removed_version", BigInteger),
    Column("refused_sealing_key", LargeBinary),
    Column("refused_signing_key", LargeBinary),
    Column("refused_version", BigInteger),
    Column("signs_since", DateTime(timezone=True)),
    Column("signing_key_before", LargeBinary),
    CheckConstraint("octet_length(sealing_key) = 32 AND octet_length(signing_key) = 32", name="keys_are_32_bytes"),
    CheckConstraint("octet_length(signing_key_before) = 32", name="key_before_is_32_bytes"),
)
"""One row an organisation, ours too. announced_at: when we last published ours. refused_...: other keys that it
announced and the pinned one had not signed for (NET-04). signs_since: from when on an unsigned public event is not
believed to be its own."""

sealed_messages = Table(
    "letters",
    tables,
    Column("origin", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    PrimaryKeyConstraint("origin", "name", "aggregate_id", name="pk_letters"),
    Index("ix_letters_changed_at", "changed_at"),
)
"""The newest sealed message about a thing, as it came: sealed. event_id is the sender's."""
