"""What Alembic runs for every database: one migration at a time, whoever starts it."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x43484F525553  # "CHORUS"

_NEVER_CHANGED = text(
    """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
     WHERE proname = 'refuse_change' AND tgqual IS NULL AND NOT tgisinternal
       AND tgtype & 8 <> 0 AND tgtype & 16 <> 0  -- fires on DELETE and on UPDATE
    """
)


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    connection.commit()
    try:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
        _take_rights_back(connection, context.config.attributes.get("runtime_role"))
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        connection.commit()


def _take_rights_back(connection: Connection, runtime: str | None) -> None:
    """Rows that stand for ever do so by role as well as by trigger; and a service does not write its own version."""
    if runtime is None or not connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": runtime}):
        return
    for table in connection.scalars(_NEVER_CHANGED).all():
        connection.execute(text(f'REVOKE UPDATE, DELETE ON {table} FROM "{runtime}"'))
    connection.execute(text(f'REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM "{runtime}"'))
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
