"""What Alembic runs for every database: one migration at a time, whoever starts it."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.provisioning.databases import tables_of
from shared.messaging.migrations import COUNTING_TABLES, MESSAGING_TABLES

_LOCK = 0x43484F525553  # "CHORUS"

_NEVER_CHANGED = text(
    """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
     WHERE proname = 'refuse_change' AND tgqual IS NULL AND NOT tgisinternal
       AND tgtype & 8 <> 0 AND tgtype & 16 <> 0  -- fires on DELETE and on UPDATE
    """
)


_NEVER_DELETED = (
    "outbox",
    "inbox",
    "dead_letters",
    "ended_sessions",
    "consents",
    "contact_changes",
    "role_requests",
    "concerns",
    "items",
    "claims",
    "payables",
    "payments",
    "payment_runs",
    "bank_details",
    "places",
    "guest_places",
    "attendances",
    "guest_attendances",
)
"""What a service adds to and ends, and never takes away. (What goes with an erased person goes by the owner's
cascade.)"""

_NEVER_DELETED_BY = {"notifications": ("messages", "said")}
"""Of one service alone, where another has a table of that name: what was said to people (NOT-08)."""

_ONLY_CHANGED = {
    "dead_letters": ("reason", "deliveries", "parked_at", "replayed_at"),
    "ended_sessions": (),
    "said": (),
    "messages": (
        "version",
        "state",
        "card_version",
        "reason",
        "failures",
        "due_at",
        "lease",
        "lease_until",
        "queued_at",
        "settled_at",
        "read_at",
    ),
}
"""Of these a service changes no other column: of a message how it went and from which card it greets,
never what else it says or to whom (NOT-08)."""

_NEVER_ANOTHER = {
    "payments": (
        "id",
        "payable_id",
        "claim_id",
        "participant_kind",
        "participant_id",
        "participant_home",
        "amount_pence",
        "end_to_end_id",
    ),
    "payables": (
        "id",
        "claim_id",
        "participant_kind",
        "participant_id",
        "participant_home",
        "method",
        "amount_pence",
    ),
    "concerns": (
        "concern_id",
        "item_id",
        "why",
        "about",
        "raised_at",
        "raised_by",
        "respond_by",
        "ending_before",
        "ended_on_before",
    ),
}
"""What a row of these is about and how much it is stays as it was written: another sum is another row (PAY-11,
PAY-12), and nobody is written out of whom a concern is about (FB-09)."""

_COLUMNS = text(
    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :table ORDER "
    "BY ordinal_position"
)


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=_compared_with(),
            include_name=_is_compared,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        _take_rights_back(connection, context.config.attributes.get("runtime_role"))
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        connection.commit()


def _compared_with() -> MetaData | None:
    """What `alembic check` and `revision --autogenerate` compare a database with. The program migrates without it:
    importing it takes half a second."""
    return None if "url" in context.config.attributes else tables_of(context.config.config_ini_section)


def _is_compared(name: str | None, kind: str, _: object) -> bool:
    """Not the tables of shared.messaging: every service has them, and they are SQL there."""
    return kind != "table" or name not in MESSAGING_TABLES | COUNTING_TABLES


def _take_rights_back(connection: Connection, runtime: str | None) -> None:
    """Rows that stand for ever do so by role as well as by trigger; and a service does not write its own version."""
    if runtime is None or not connection.scalar(
        text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": runtime}
    ):
        return
    for table in connection.scalars(_NEVER_CHANGED).all():
        connection.execute(text(f'REVOKE UPDATE, DELETE ON {table} FROM "{runtime}"'))
    for table in (*_NEVER_DELETED, *_NEVER_DELETED_BY.get(runtime, ())):
        if _columns_of(connection, table):
            connection.execute(text(f'REVOKE DELETE, TRUNCATE ON {table} FROM "{runtime}"'))
    for table, columns in _changeable(connection).items():
        connection.execute(text(f'REVOKE UPDATE ON {table} FROM "{runtime}"'))
        if columns:
            connection.execute(text(f'GRANT UPDATE ({", ".join(columns)}) ON {table} TO "{runtime}"'))
    connection.execute(text(f'REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM "{runtime}"'))
    connection.commit()


def _columns_of(connection: Connection, table: str) -> list[str]:
    return list(connection.scalars(_COLUMNS, {"table": table}).all())


def _changeable(connection: Connection) -> dict[str, list[str]]:
    """The columns that the service may change, of each table here of which it may not change all."""
    found: dict[str, list[str]] = {}
    for table in _ONLY_CHANGED.keys() | _NEVER_ANOTHER.keys():
        if columns := _columns_of(connection, table):
            only, never = _ONLY_CHANGED.get(table, tuple(columns)), _NEVER_ANOTHER.get(table, ())
            found[table] = [column for column in columns if column in only and column not in never]
    return found


async def main() -> None:
    url = context.config.attributes.get("url") or os.environ["CHORUS_OWNER_URL"]
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(main())
