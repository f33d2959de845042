"""Asking whoever tells of a worry whom it is about, before it is sent: who reads it depends on whom they tick
(FB-09)."""

import contextlib
from collections.abc import Collection
from typing import Any
from uuid import UUID

from fastapi import Request

from services.feedback.domain.who_reads import (
    IN_WORDS,
    Readers,
    about_with_roles,
    reasons_to_ask_whom_it_is_about,
    who_would_read,
)
from services.feedback.use_cases import leads
from shared.db import Transaction
from shared.reasons import refuse
from shared.service import Service


def ticked(request: Request) -> tuple[list[UUID], list[str]]:
    """Whom they ticked on the page that is shown again; people, and roles."""
    typed: dict[str, Any] = getattr(request.state, "typed", {})

    def of_field(name: str) -> list[str]:
        found = typed.get(name, [])
        return [found] if isinstance(found, str) else list(found)

    people = list[UUID]()
    for each in of_field("about"):
        with contextlib.suppress(ValueError):
            people.append(UUID(each))
    return people, [each for each in of_field("about_roles") if each in IN_WORDS]


async def ask_whom_it_is_about(
    service: Service,
    about: Collection[UUID],
    roles: Collection[str] = (),
    *,
    before: Collection[UUID] = (),
    said: tuple[str | None, str],
) -> None:
    """FB-09: before it is sent, whoever ticked somebody is told who reads it then, and asked about these. said: who
    reads it, as their page said; None: the page as it is first opened. before: whom an earlier concern is about."""

    async def read(tx: Transaction) -> tuple[Readers, Readers]:
        named, team = await leads.named(tx), await leads.colleagues(tx)
        whom = about_with_roles(named, team, {*about, *before}, roles)
        at_once, later = said
        shown = (
            who_would_read(named, team, before)
            if at_once is None
            else Readers("" if at_once == "nobody" else at_once, later)
        )
        return shown, who_would_read(named, team, whom)

    refuse(reasons_to_ask_whom_it_is_about(*await service.database.read(read)))
