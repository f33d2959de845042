"""Undoing decisions about a claim (PAY-11, PAY-14, PAY-17): whenever a claim loses a first approval or an approval
is taken back; and why, in words for its owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, all_, and_, case, cast, or_, select, update

from services.payments.claims import tables
from services.payments.claims.domain.claims import NEEDS_RECEIPT, LineState
from shared.db import Transaction

NOT_THERE = "We have it written down now that you did not take part. If that is wrong, ask us to put it right."
NOT_THERE_SAID = (
    NOT_THERE,
    "The register now says that you were not there. If that is wrong, ask us to put the register right.",
    "The register now says that you were not there. If that is wrong, ask us to look again.",
)
"""With the words that older lines and claims have."""
NO_CUT: dict[str, Any] = {"cut_to_pence": None, "cut_because": None}
NOBODY_APPROVED: dict[str, Any] = {"first_approver": None, "over_budget_pence": 0}


@dataclass(frozen=True, slots=True)
class Why:
    """Why money was taken back or is not paid, if no person decided it. again: it is decided again. in_part: a part
    of it is not paid, the rest stays. elsewhere: nothing of it is paid."""

    because: Literal["register", "bank"]
    again: str
    in_part: str
    elsewhere: str


REGISTER = Why(
    "register",
    again="What we wrote down was put right, so we look at your claim again before we pay it.",
    in_part="What we wrote down was put right, so your pay for taking part was worked out again.",
    elsewhere="What we wrote down was put right. What you are owed for taking part is in your first claim.",
)
"""The register of a session, or what was written down of another way of taking part (OPP-18): the words fit both."""
REGISTER_AGAIN_SAID = (
    REGISTER.again,
    "The register of the day was put right, so we look at your claim again before we pay it.",
)
REGISTER_ELSEWHERE_SAID = (
    REGISTER.elsewhere,
    "The register of the day was put right. What you are owed for taking part is in your first claim.",
)
"""With the words that older claims have."""
IN_ANOTHER = "What we wrote down was put right. What you are owed for taking part is in another claim for the same day."
BANK = Why(
    "bank",
    again="You have had more of this already than we knew, so we look at your claim again before you get the rest.",
    in_part="You have had a part of this already, so you do not get that part again.",
    elsewhere="You have had this already, so you do not get it again.",
)
"""PAY-12: the bank paid, or somebody handed over, what had been taken out of a run or counted as not paid."""
HAD_BEFORE = "The bank has paid you this already, so we do not pay it again."
"""The words that older claims have."""


async def decide_again(
    tx: Transaction, claim: Row[Any], *, keep_cuts: bool, but: Sequence[UUID] = ()
) -> dict[str, Any]:
    """Asks for its lines again, with nobody's approval. The claim is locked. Returns the changes to the claim itself,
    for save_claim.

    keep_cuts: what happened does not touch what an approver said about its lines: refusals stay, and cuts stay noted
    beside the line for whoever decides it next. Otherwise all of it is asked for again. but: lines that stay
    approved.
    """
    lines = tables.lines
    mine = lines.c.claim_id == claim.id
    approved = and_(mine, lines.c.state == LineState.APPROVED, lines.c.id != all_(cast(list(but), ARRAY(Uuid))))
    again = {"state": LineState.READY, "approved_pence": None, "reason": None}
    if await _is_looked_at_beside(tx, claim):  # what was cut is asked for there; asking here, too, would ask twice
        await tx.execute(update(lines).where(approved).values(amount_pence=lines.c.approved_pence, **again, **NO_CUT))
        return NOBODY_APPROVED
    if keep_cuts:
        less = and_(lines.c.approved_pence < lines.c.amount_pence, lines.c.approved_pence > 0)
        cut = {"cut_to_pence": case((less, lines.c.approved_pence)), "cut_because": case((less, lines.c.reason))}
        await tx.execute(update(lines).where(approved).values(**again, **cut))
        return NOBODY_APPROVED
    await tx.execute(update(lines).where(or_(approved, and_(mine, lines.c.cut_to_pence.is_not(None)))).values(**NO_CUT))
    await tx.execute(update(lines).where(approved).values(**again))
    by_an_approver = (
        or_(lines.c.kind.not_in(NEEDS_RECEIPT), lines.c.receipt_id.is_not(None)),
        lines.c.reason.not_in(NOT_THERE_SAID),
    )
    await tx.execute(update(lines).where(mine, lines.c.state == LineState.REFUSED, *by_an_approver).values(**again))
    return NOBODY_APPROVED


async def _is_looked_at_beside(tx: Transaction, claim: Row[Any]) -> bool:
    claims = tables.claims
    look = select(claims.c.id).where(claims.c.follows == claim.id, claims.c.follows_because == "another-look")
    return await tx.first(look.limit(1)) is not None
