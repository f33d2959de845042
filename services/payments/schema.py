"""What every table of payments uses. Each constraint names the rule that it enforces."""

from sqlalchemy import Column, DateTime, func

from shared.db import metadata as new_metadata

metadata = new_metadata()


def one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def created() -> Column:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())
