"""What approvers work from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import cast, false, func, or_, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import BIT

from services.payments.approving import domain as deciding
from services.payments.approving.use_cases import budgets as budget_rules
from services.payments.approving.use_cases.set_aside import ways_unseen
from services.payments.claims import tables as claims_tables
from services.payments.claims.domain import days
from services.payments.claims.domain.claims import ClaimState, Line, LineKind, LineState, as_miles
from services.payments.claims.queries.claims import words_are_set_aside
from services.payments.claims.queries.line_views import LineView
from services.payments.claims.queries.views import ClaimView, clock_of
from services.payments.claims.use_cases.records import approved_amounts, line_of, pence_of_lines
from services.payments.owing import queries as owing
from services.payments.owing.domain.leaving import SAME_ACCOUNT
from services.payments.paging import Cursor, next_cursor
from services.payments.people.queries import names
from services.payments.receipts import domain as receipt_rules
from services.payments.receipts import tables as receipts_tables
from services.payments.register import tables as register_tables
from shared.db import Transaction, one_of
from shared.reasons import Reason, mark_of


@dataclass(frozen=True, slots=True)
class Waiting:
    row: Any
    title: str
    name: str
    pence: int

    @property
    def clock(self) -> days.Shown:
        return clock_of(self.row)

    @property
    def is_another_look(self) -> bool:
        """PAY-14: at another claim, or at its own refusal."""
        row = self.row
        return row.follows_because == "another-look" or (row.looked_again and not row.withdrawn_because)


CLAIMS_A_PAGE = 100


async def claims_to_decide(tx: Transaction, after: Cursor | None = None) -> tuple[list[Waiting], Cursor | None]:
    """A page of claims to decide, the shortest clock first (PAY-07), and where the next page begins."""
    claims, lines, opportunities = claims_tables.claims, claims_tables.lines, register_tables.opportunities
    pence = (
        select(pence_of_lines())
        .where(lines.c.claim_id == claims.c.id, lines.c.state.in_([LineState.READY, LineState.APPROVED]))
        .scalar_subquery()
    )
    waiting = (
        select(claims, opportunities.c.title, pence.label("pence"))
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id, isouter=True)
        .where(claims.c.state.in_([ClaimState.SUBMITTED, ClaimState.SECOND_APPROVER]))
        .order_by(claims.c.target_day, claims.c.id)
    )
    if after is not None:
        waiting = waiting.where(tuple_(claims.c.target_day, claims.c.id) > (after.day, after.id))
    rows = await tx.all(waiting.limit(CLAIMS_A_PAGE + 1))
    known = await names(tx, [row.participant_id for row in rows])
    shown = [Waiting(row, row.title or "", known[row.participant_id], row.pence) for row in rows[:CLAIMS_A_PAGE]]
    return shown, next_cursor(rows, CLAIMS_A_PAGE, lambda row: row.target_day)


async def flags(tx: Transaction, claim: ClaimView) -> list[str]:
    """PAY-02, PAY-13: what an approver should look at, in words."""
    found = []
    if claim.may_go_to_the_bank and await owing.who_shares_an_account(tx, [claim.row.participant_id]):
        found.append(SAME_ACCOUNT)
    if any(line.row.passed_10000_miles for line in claim.lines):
        found.append(
            "The person has driven more than 10,000 miles for work like this in the tax year. A lower tax-free rate "
            "may apply."
        )
    if miles := await _miles_in_another_claim(tx, claim):
        found.append(
            f"Another claim of theirs for this session has {as_miles(miles)} miles already. Pay only for other miles."
        )
    if others := await _others_of_the_day(tx, claim):
        found.append(
            f"There {'is another claim' if others == 1 else f'are {others} other claims'} of theirs for the same work "
            "on the same day. Was something written down twice?"
        )
    if claim.row.helped_by is not None and (claim.row.set_aside or not claim.row.confirmation):
        found.append("Somebody filled this in for the person.")
    return found


async def _others_of_the_day(tx: Transaction, claim: ClaimView) -> int:
    """OPP-18, PAY-18: claims for the same work on that day that rest on another record, if this one or that one is for
    what was said in another way."""
    claims, attended = claims_tables.claims, register_tables.attendances
    same = (
        getattr(claims.c, name) == getattr(claim.row, name)
        for name in ("participant_id", "opportunity_id", "session_date")
    )
    of_them = (
        select(func.count()).select_from(claims).join(attended, attended.c.attendance_id == claims.c.attendance_id)
    )
    is_apart = (
        true() if claim.ground == register_tables.CONTRIBUTION else attended.c.ground == register_tables.CONTRIBUTION
    )
    counts = claims.c.state.not_in([ClaimState.REFUSED, ClaimState.DECLINED]) & claims.c.follows.is_(None)
    return await tx.scalar(of_them.where(*same, counts, is_apart, claims.c.attendance_id != claim.row.attendance_id))


async def _miles_in_another_claim(tx: Transaction, claim: ClaimView) -> int:
    """PAY-02, PAY-10: tenths of miles that stand in other claims of the same attendance, if this one has miles too."""
    lines, claims = claims_tables.lines, claims_tables.claims
    if not any(line.kind == LineKind.MILEAGE for line in claim.lines):
        return 0
    beside = (claims.c.attendance_id == claim.row.attendance_id) & (claims.c.id != claim.id)
    counted = lines.c.state.in_([LineState.READY, LineState.APPROVED]) & (lines.c.kind == LineKind.MILEAGE)
    found = select(func.coalesce(func.sum(lines.c.tenths_of_miles), 0)).join(claims, claims.c.id == lines.c.claim_id)
    return await tx.scalar(found.where(beside, counted))


@dataclass(frozen=True, slots=True)
class ToDecide:
    """What an approver sees of a claim. mark: changes when any of this changes (PAY-10, PAY-11, PAY-13)."""

    claim: ClaimView
    flags: Sequence[str]
    alike: Sequence["Alike"]
    more_alike: int
    unseen: frozenset[UUID] = frozenset()
    """Lines of miles whose way they need to know and may not read (PAY-02, FB-09)."""

    @property
    def mark(self) -> str:
        alike = sorted(f"{each.line.id} {each.other.other_line}" for each in self.alike)
        return mark_of(self.claim.mark, list(self.flags), alike, self.more_alike, sorted(map(str, self.unseen)))

    @property
    def waits_whole(self) -> bool:
        """PAY-02, FB-09: nothing in it can be agreed to before somebody else has said if the miles are right."""
        row = self.claim.row
        if not self.unseen or row.state == ClaimState.SECOND_APPROVER:
            return any(line.id in self.unseen and line.pence for line in self.claim.lines)
        others = [line_of(line.row) for line in self.claim.lines if line.id not in self.unseen]
        said = {"thanked": self.claim.is_thanked_beside, "looked_again": row.looked_again}
        return deciding.waits_whole(row.recognition, row.expenses_method, others, **said)

    @property
    def nothing_to_agree_to(self) -> list[Reason]:
        """PAY-05, PAY-14: why no part of it can be agreed to now."""
        return deciding.reasons_not_to_agree_to_nothing(*self._chosen, thanked=self.claim.is_thanked_beside)

    @property
    def only_waits(self) -> list[Reason]:
        """PAY-05: why it can be neither agreed to nor refused now."""
        return deciding.reasons_not_to_refuse(*self._chosen, thanked=self.claim.is_thanked_beside)

    @property
    def _chosen(self) -> tuple[str | None, str | None, list[Line]]:
        row = self.claim.row
        return row.recognition, row.expenses_method, [line_of(line.row) for line in self.claim.lines]


async def to_decide(tx: Transaction, claim: ClaimView) -> ToDecide:
    alike, more = await receipts_alike(tx, claim)
    return ToDecide(claim, await flags(tx, claim), alike, more, frozenset(await ways_unseen(tx, claim.row)))


async def over_budget(tx: Transaction, claim: ClaimView) -> int:
    """PAY-11: by how many pence a claim that waits for a second approver now passes its budget; 0 if it needs none."""
    if claim.state is not ClaimState.SECOND_APPROVER:
        return 0
    opportunity = await budget_rules.opportunity_of(tx, claim.row.opportunity_id)
    approved = approved_amounts([line.row for line in claim.lines]).total
    return 0 if opportunity is None else await budget_rules.over_budget_now(tx, claim.row, opportunity, approved)


@dataclass(frozen=True, slots=True)
class Alike:
    """A line with a receipt like another line's: what it is for, whose claim it is in, and when the receipt was
    sent."""

    line: LineView
    other: Any
    name: str

    def page(self, viewer: UUID) -> str:
        """Where the viewer reads its claim: an owner on their own page."""
        return f"/payments/{'claims' if self.other.participant_id == viewer else 'approve'}/{self.other.claim_id}"


MOST_ALIKE = 20


async def receipts_alike(tx: Transaction, claim: ClaimView) -> tuple[list[Alike], int]:
    """PAY-13: lines with a receipt that is the same file as another line's, shows the same to the last dot, or looks
    like the same photo saved again; and how many such pairs there are beyond MOST_ALIKE. Those that are the same come
    first, so that screens of one bus app, which all look alike, do not bury them; then the newest."""
    mine = {line.id: line for line in claim.lines if line.row.receipt_id is not None}
    if not mine:
        return [], 0
    pairs = _alike(list(mine)).subquery()
    counted = select(pairs, func.count().over().label("of_all"))  # one query, however many there are
    rows = await tx.all(
        counted.order_by(pairs.c.is_same.desc(), pairs.c.sent_at.desc(), pairs.c.line_id, pairs.c.other_line).limit(
            MOST_ALIKE
        )
    )
    known = await names(tx, [claim.row.participant_id, *(row.participant_id for row in rows)])
    return [Alike(mine[row.line_id], row, known[row.participant_id]) for row in rows], rows[0].of_all - len(
        rows
    ) if rows else 0


def _alike(line_ids: Sequence[UUID]) -> Any:
    """The database compares them, however many receipts there are."""
    line, mine = claims_tables.lines.alias(), receipts_tables.receipts.alias()
    other_line, other = claims_tables.lines.alias(), receipts_tables.receipts.alias()
    differing = func.bit_count(cast(other.c.picture_hash.op("#")(mine.c.picture_hash), BIT(64)))
    same_picture = or_(*_bands_agree(other.c.picture_hash, mine.c.picture_hash)) & (
        differing <= receipt_rules.SAME_PICTURE_BITS
    )
    same = (other.c.sha256 == mine.c.sha256) | func.coalesce(other.c.kept_sha256 == mine.c.kept_sha256, false())
    looks_the_same = same | same_picture
    claims, opportunities = claims_tables.claims, register_tables.opportunities
    return (
        select(
            line.c.id.label("line_id"),
            other_line.c.id.label("other_line"),
            other_line.c.kind,
            other_line.c.what,
            other_line.c.claim_id,
            words_are_set_aside().label("set_aside"),
            other.c.created_at.label("sent_at"),
            claims.c.participant_id,
            claims.c.session_date,
            same.label("is_same"),
            func.coalesce(opportunities.c.title, "").label("title"),
        )
        .select_from(
            line.join(mine, mine.c.id == line.c.receipt_id).join(other, (other.c.id != mine.c.id) & looks_the_same)
        )
        .join(other_line, other_line.c.receipt_id == other.c.id)
        .join(claims, claims.c.id == other_line.c.claim_id)
        .join(opportunities, opportunities.c.opportunity_id == claims.c.opportunity_id, isouter=True)
        .where(one_of(line.c.id, line_ids), other_line.c.id != line.c.id, other_line.c.state != LineState.REMOVED)
    )


def _bands_agree(one: Any, other: Any) -> list[Any]:
    """If at most four bits differ, at least one of five bands of bits is the same: an index for each band finds the
    few to compare."""

    def band_of(column: Any, band: int) -> Any:
        return column.op(">>")(text(str(band * BAND_BITS))).op("&")(text(str(BAND)))

    return [band_of(one, band) == band_of(other, band) for band in range(receipt_rules.SAME_PICTURE_BITS + 1)]


BAND_BITS = 13
BAND = (1 << BAND_BITS) - 1
