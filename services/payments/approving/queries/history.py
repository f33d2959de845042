"""How a claim came to its sum, for whoever decides it next (PAY-14, PAY-17): who changed it, when and why, and its
sum before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.claims import tables as claims_tables
from services.payments.claims.queries.line_views import LineView
from services.payments.claims.queries.views import ClaimView
from services.payments.people.queries import names
from services.payments.register import tables as register_tables
from shared.db import Transaction, one_of
from shared.events.network import organisation_id


@dataclass(frozen=True, slots=True)
class MadeLess:
    """A line that an approver agreed to in part. Pence."""

    line: LineView
    was_pence: int
    now_pence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """name: who did it; "" if nobody kept that. row: of claim_changes."""

    row: Row[Any]
    name: str
    made_less: Sequence[MadeLess]
    in_the_earlier: bool
    """Whether it happened to the claim before this one."""
    of_all: bool
    """Whether its sums are those of several claims together, because the register was put right for all of them."""


async def history(tx: Transaction, claim: ClaimView) -> list[Change]:
    """The oldest first, including what happened to the claim before this one."""
    changes = claims_tables.claim_changes
    about = {claim.id, claim.row.follows} - {None}
    rows = await tx.all(
        select(changes).where(one_of(changes.c.claim_id, about)).order_by(changes.c.changed_at, changes.c.id)
    )
    known = await names(tx, [row.changed_by for row in rows if row.changed_by is not None])
    known |= await _host(tx, claim)
    lines = await _lines(tx, {UUID(each["id"]) for row in rows for each in row.lines or ()})
    return [
        Change(
            row,
            known.get(row.changed_by, ""),
            [_made_less(each, lines) for each in row.lines or ()],
            in_the_earlier=row.claim_id != claim.id,
            of_all=claim.is_one_of_several and row.was_minutes is not None,
        )
        for row in rows
    ]


async def _host(tx: Transaction, claim: ClaimView) -> dict[UUID, str]:
    """OPP-11: the organisation that keeps the register of a guest's session, and puts it right."""
    table = register_tables.opportunities
    row = await tx.first(
        select(table.c.host, table.c.host_name).where(table.c.opportunity_id == claim.row.opportunity_id)
    )
    return {organisation_id(row.host): row.host_name or row.host} if row is not None and row.host else {}


async def _lines(tx: Transaction, ids: set[UUID]) -> dict[UUID, LineView]:
    lines = claims_tables.lines
    return {row.id: LineView(row, "") for row in await tx.all(select(lines).where(one_of(lines.c.id, ids)))}


def _made_less(kept: dict[str, Any], lines: dict[UUID, LineView]) -> MadeLess:
    return MadeLess(lines[UUID(kept["id"])], kept["was"], kept["now"], kept["reason"])
