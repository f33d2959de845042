"""Pieces of NATS configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping


def user(name: str, password: str | None, permissions: Mapping[str, object] | None = None, *, connects_as: str | None = None) -> str:
    """A user's block. connects_as: the only kind of connection it may have, for example LEAFNODE."""
    block: dict[str, object] = {"user": name}
    if password is not None:
        block["password"] = password
    if permissions is not None:
        block["permissions"] = permissions
    if connects_as:
        block["allowed_connection_types"] = [connects_as]
    return json.dumps(block) + "\n"
