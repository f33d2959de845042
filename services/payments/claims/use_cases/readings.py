"""Reading claims. PRI-03: it is recorded whenever anybody but their owner reads them, through any page or program."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar
from uuid import UUID

from services.payments.claims.domain.claims import ClaimState
from services.payments.claims.queries import claims as queries
from services.payments.claims.queries.views import ClaimView
from services.payments.claims.use_cases import records
from services.payments.owing.use_cases import note_details_read
from services.payments.paging import Cursor
from shared.db import Transaction
from shared.identity import Role, SignIn, ask_second_step
from shared.messaging import steps
from shared.reasons import Missing, reasons_to_look_again, refuse

T = TypeVar("T")
MONEY_ROLES = frozenset({Role.APPROVER, Role.FINANCE})
"""Those who read anybody's claims and receipts."""


async def open_claim(tx: Transaction, claim_id: UUID, *, owner: UUID, is_staff: bool) -> ClaimView:
    """A claim, for its owner, whoever helps them, approvers and finance; Missing to everyone else."""
    view = await (queries.any_claim(tx, claim_id) if is_staff else queries.own_claim(tx, claim_id, owner))
    if tx.actor.id != view.row.participant_id:
        await steps.add(tx, "claim-read", about=claim_id)
        if not is_staff and view.uses_bank and view.bank_details is not None:  # a helper's page shows the account
            await note_details_read(tx, [view.bank_details])
    return view


async def claim_read_out(tx: Transaction, claim_id: UUID, owner: UUID) -> ClaimView:
    """NOT-08: for whoever rings the claim's owner, and for mail to the owner, without where it is paid; Missing if it
    is not the owner's."""
    view = await queries.own_claim(tx, claim_id, owner)
    if tx.actor.id != owner:
        await steps.add(tx, "claim-read", about=claim_id)
    return view


async def claim_set_aside(tx: Transaction, claim_id: UUID, kept_from: Collection[UUID]) -> ClaimView:
    """FB-09: for whoever has every safeguarding concern about it, or about another claim of its attendance; Missing to
    others, and if its words are not set aside."""
    view = await queries.any_claim(tx, claim_id)
    if not view.row.set_aside or not (await queries.sharing_words(tx, view.row)).isdisjoint(kept_from):
        raise Missing
    await steps.add(tx, "set-aside-read", about=claim_id)
    return view


async def claim_to_send_still_as_shown(tx: Transaction, claim_id: UUID, mark: str) -> None:
    """PAY-05, PAY-06: whoever sends a claim has seen what is in it, for a helper or a correction of the register may
    change it, too. It stays locked, so nothing changes. If it was sent meanwhile, sending itself will say so. Raises
    Refused; Missing."""
    claim = await records.own_claim(tx, claim_id)
    if claim.state == ClaimState.OPEN:
        view = await queries.own_claim(tx, claim_id, claim.participant_id)
        refuse(reasons_to_look_again("PAY-06", mark, view.mark_to_send))


async def open_claims(tx: Transaction, owner: UUID, after: Cursor | None) -> tuple[list[ClaimView], Cursor | None]:
    """A page of somebody's claims, for them and whoever helps them, and where the next page begins."""
    if tx.actor.id != owner:
        await steps.add(tx, "claims-read", about=owner)
    return await queries.claims_of(tx, owner, after)


async def theirs_or_as_staff(who: SignIn, read: Callable[[bool], Awaitable[T]]) -> T:
    """PRI-03: what is the person's own, or belongs to somebody they help; anything, for approvers and finance who have
    given their second step.

    read: what to do, told whether they read it as staff; Missing if it is not theirs to read.
    """
    try:
        return await read(False)
    except Missing:
        by_roles = who.roles & MONEY_ROLES
        if not by_roles:
            raise
        ask_second_step(who, by_roles)
        return await read(True)
