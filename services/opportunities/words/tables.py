"""The metadata of opportunities' tables, and the columns that several of them have."""

from sqlalchemy import Column, DateTime, Text

from shared.db import metadata

meta = metadata()


def moment(name: str, *, nullable: bool = False) -> Column:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def words(name: str) -> Column:
    return Column(name, Text, nullable=False, server_default="")
