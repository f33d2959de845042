"""Many rows in one statement: what catching up after a cut needs."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Table, text

from shared.db import Transaction


async def put_rows(tx: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or replace those that have the same primary key. Each has the same columns, and no two the same key."""
    if not rows:
        return
    columns = ", ".join(rows[0])
    key = [column.name for column in table.primary_key.columns]
    replaced = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name not in key)
    statement = text(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM json_populate_recordset(CAST(NULL AS {table.name}), CAST(:rows AS json))"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {replaced}"
    )
    await tx.execute(statement, {"rows": to_json(rows).decode()})
