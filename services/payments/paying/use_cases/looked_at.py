"""What somebody was shown of a payment run before they said something about all of it: their word covers that, and
nothing else (PAY-12)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select

from services.payments.owing import queries as owing
from services.payments.owing import tables as owing_tables
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.use_cases import runs, taken_out
from services.payments.rows import locked
from shared.db import Transaction
from shared.reasons import reasons_to_look_again, refuse

What = Literal["sent", "anew", "cancel", "not-gone", "transfers", "handed-over", "one", "never-sent"]
"""sent, anew and cancel: payments made and not sent. not-gone: those that the bank may have from an earlier file.
transfers and handed-over: those of each kind on their way. one: a single payment. never-sent: transfers of a run
that was marked as sent by mistake."""


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The payments that it is about, and those of them (stays) that can no longer leave, with a word why. mark:
    changes when they do."""

    run: Row[Any]
    payments: Sequence[Row[Any]]
    stays: Sequence[tuple[Row[Any], str]]
    mark: str

    @property
    def can_leave(self) -> bool:
        """Whether saying "sent" would mean anything: for payments that can leave, or a file that holds payments that
        changed but were not withdrawn and cannot have gone another way."""
        kept = [
            why for _, why in self.stays if self.run.fetched_at is not None and why not in ("withdrawn", "perhaps-gone")
        ]
        return len(self.stays) < len(self.payments) or bool(kept)

    @property
    def gone(self) -> int:
        """How many of these the bank may have."""
        return sum(owing.row_may_have_left(payment) for payment in self.payments)


async def look_at(tx: Transaction, run_id: UUID, what: What, payment_id: UUID | None = None) -> LookedAt:
    """Raises Missing."""
    run = await tx.one(select(owing_tables.payment_runs).where(owing_tables.payment_runs.c.id == run_id))
    if what in ("sent", "anew", "cancel"):
        found = await tx.all(runs.made_payments(run_id)) if run.state == "made" else []
        stays = [
            (payment, why)
            for payment in found
            if (why := runs.why_it_stays(payment, file_is_out=run.fetched_at is not None))
        ]
    else:
        found, stays = await tx.all(_of(run_id, what, payment_id)), []
    why = {payment.id: word for payment, word in stays}
    said = [
        f"{payment.id} {payment.state} {payment.amount_pence} {why.get(payment.id, '')}"
        for payment in sorted(found, key=lambda row: row.id)
    ]
    said.append(f"{what} {run.state} {run.file_number} {run.fetched_at is not None}")
    return LookedAt(run, found, stays, hashlib.sha256("\n".join(said).encode()).hexdigest()[:32])


def _of(run_id: UUID, what: What, payment_id: UUID | None) -> Any:
    payments = owing_tables.payments
    mine = select(payments).where(payments.c.run_id == run_id)
    if what == "not-gone":
        return mine.where(owing.is_perhaps_gone() | taken_out.in_an_earlier_file())
    mine = mine.where(payments.c.state == "sent")
    if what == "one":
        return mine.where(payments.c.id == payment_id, payments.c.method != TRANSFER)
    return mine.where(
        payments.c.method == TRANSFER if what in ("transfers", "never-sent") else payments.c.method != TRANSFER
    )


async def still_as_shown(tx: Transaction, run_id: UUID, what: What, mark: str, payment_id: UUID | None = None) -> None:
    """PAY-12: whoever presses the button has seen what they say it about. The run stays locked, so nothing changes.
    Raises Refused."""
    await locked(tx, owing_tables.payment_runs, run_id)
    refuse(reasons_to_look_again("PAY-12", mark, (await look_at(tx, run_id, what, payment_id)).mark))
