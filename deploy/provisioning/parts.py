"""What an organisation is made of, by name. A name is in databases, roles, NATS users, folders and addresses."""

from __future__ import annotations

SERVICES = ("people", "opportunities", "payments", "feedback", "notifications")
DATABASES = (*SERVICES, "operator", "gateway")
"""Whatever has a database, and runs as a process of its own in production."""
OURS = (*SERVICES, "gateway")
"""What has a state of its own and answers an operator."""
STREAM_OWNERS = (*SERVICES, "network")
"""What arrives over the network has a stream too: the gateway writes it."""


def package_of(part: str) -> str:
    """Where the code of a service, the gateway or the operators' app is."""
    return "services.operators" if part == "operator" else f"services.{part}"


def owner_of(database: str) -> str:
    """The role that owns a database's tables and alone may change them: migrations run as it."""
    return f"{database}_owner"


def roles() -> list[str]:
    """Every database role of an organisation; each needs a password."""
    return [role for database in DATABASES for role in (database, owner_of(database))]
