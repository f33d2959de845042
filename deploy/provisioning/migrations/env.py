"""What Alembic runs for every database: one migration at a time, whoever starts it."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.provisioning import kept
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


_COLUMNS = text(
    """
    SELECT relname, array_agg(attname::text ORDER BY attnum)
      FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') GROUP BY relname ORDER BY relname
    """
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
        _give_rights(connection, context.config.attributes.get("runtime_role"))
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


def _give_rights(connection: Connection, runtime: str | None) -> None:
    """What `kept` says; rows that stand for ever do so by role as well as by trigger."""
    if runtime is None or not connection.scalar(
        text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": runtime}
    ):
        return
    columns = {table: list(names) for table, names in connection.execute(_COLUMNS)}
    for statement in kept.statements(runtime, columns, connection.scalars(_NEVER_CHANGED).all()):
        connection.execute(text(statement))
    connection.commit()


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
