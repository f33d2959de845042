"""What waits for an approver or for finance, and who may not act on it (PAY-10, PAY-12, PEO-05). The other services'
first pages are told whenever that changes. A job works it out from the rows as they are, of what was just done, and
each minute of everything, whatever changed it; the rules of deciding and releasing say who may act."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, func, literal_column, or_, select, text, union_all

from services.payments.approving.domain import who_may_not_approve
from services.payments.approving.use_cases import deciders, set_aside
from services.payments.asking import tables
from services.payments.asking.queries import Touched, touched
from services.payments.bank_details.queries import details_that_wait
from services.payments.bank_statements.domain import deciding
from services.payments.bank_statements.domain.deciding import LineWaits
from services.payments.bank_statements.tables import bank_statements as statement_tables
from services.payments.claims import tables as claims_tables
from services.payments.claims.use_cases import waiting as waiting_use_cases
from services.payments.owing import tables as owing_tables
from services.payments.paying.domain import endings, releasing
from services.payments.paying.domain.releasing import ToRelease
from services.payments.paying.use_cases import runs, sending, taken_out
from services.payments.paying.use_cases.facts import facts_of, with_their_runs
from services.payments.paying.use_cases.in_its_place import paid_again
from services.payments.people.queries import everybody_of_finance
from shared.bulk import put_rows
from shared.clock import london_date
from shared.db import Transaction, first_id_of, one_of
from shared.events.payments import MoneyWaits, WordWanted
from shared.messaging import outbox
from shared.working_days import add_working_days

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1311)")
_VERSIONS = text("SELECT nextval('money_waits_version') AS version FROM generate_series(1, :number)")
_OVER = text(
    "DELETE FROM money_waits USING unnest(CAST(:kinds AS text[]), CAST(:abouts AS uuid[])) AS gone (kind, about)"
    " WHERE (money_waits.kind, money_waits.about) = (gone.kind, gone.about)"
)


@dataclass(frozen=True, slots=True)
class Waits:
    """The fields of MoneyWaits; or, for the kind "word", of WordWanted."""

    kind: Any
    about: UUID
    not_for: frozenset[UUID]
    due_on: date | None = None
    number: int | None = None
    nothing_leaves: bool = False
    people: frozenset[UUID] = frozenset()


_LOOKS_BACK = timedelta(seconds=30)
"""How long before now something may have been done and not been told yet; what took longer is told within a minute."""


async def tell_of_what_was_done(tx: Transaction, since: UUID | None = None) -> None:
    """A job that runs after anything was done: the same as tell(), of what it touched alone. since: the id of the
    first step that counts."""
    within = await touched(tx, since or first_id_of(_LOOKS_BACK))
    if within is None or within.people or within.runs:
        await tell(tx, within)


async def tell(tx: Transaction, within: Touched | None = None) -> None:
    """Tells only what waits now and did not before, or waits for other people. within: all that may have changed;
    None: everything."""
    await tx.execute(_ONE_AT_A_TIME)
    table = tables.money_waits
    told = {(row.kind, row.about): row for row in await tx.all(_told(within))}
    now = {(each.kind, each.about): each for each in await what_waits(tx, within)}
    new = [each for key, each in now.items() if key not in told or _said(told[key]) != each]
    over = [_said(row) for key, row in told.items() if key not in now]
    if not new and not over:
        return
    versions = [row.version for row in await tx.all(_VERSIONS, {"number": len(new) + len(over)})]
    events = [
        _event(each, version, waiting=number < len(new))
        for number, (each, version) in enumerate(zip([*new, *over], versions, strict=True))
    ]
    await outbox.add_all(tx, events)
    named = [{"not_for": sorted(each.not_for), "people": sorted(each.people)} for each in new]
    await put_rows(tx, table, [_row(each) | people for each, people in zip(new, named, strict=True)])
    await tx.execute(_OVER, {"kinds": [each.kind for each in over], "abouts": [each.about for each in over]})


def _told(within: Touched | None) -> Any:
    about = tables.money_waits.c.about
    if within is None:
        return select(tables.money_waits)
    claims, details = claims_tables.claims, owing_tables.bank_details
    theirs = select(claims.c.id).where(one_of(claims.c.participant_id, within.people))
    accounts = select(details.c.id).where(one_of(details.c.participant_id, within.people))
    return select(tables.money_waits).where(or_(about.in_(theirs), about.in_(accounts), one_of(about, within.runs)))


def _said(row: Row[Any]) -> Waits:
    people = {"not_for": frozenset(row.not_for), "people": frozenset(row.people)}
    return Waits(row.kind, row.about, due_on=row.due_on, number=row.number, nothing_leaves=row.nothing_leaves, **people)


def _row(each: Waits) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "about": each.about,
        "due_on": each.due_on,
        "number": each.number,
        "nothing_leaves": each.nothing_leaves,
    }


def _event(each: Waits, version: int, *, waiting: bool) -> MoneyWaits | WordWanted:
    if each.kind == "word":
        said: dict[str, Any] = {"about": each.about, "waiting": waiting, "due_on": each.due_on}
        return WordWanted(version=version, people=tuple(sorted(each.people)), **said)
    row: dict[str, Any] = {**_row(each), "not_for": tuple(sorted(each.not_for))}
    return MoneyWaits(version=version, waiting=waiting, **row)


async def what_waits(tx: Transaction, within: Touched | None = None) -> list[Waits]:
    """Everything that waits, in a few statements however much there is. within: as in tell()."""
    people, runs_ = (within.people, within.runs) if within else (None, None)
    theirs = [] if people is None else [one_of(claims_tables.claims.c.participant_id, people)]
    of_claims = [*await _decisions(tx, theirs), *await _releases(tx, theirs), *await _words(tx, theirs)]
    return [*of_claims, *await _details(tx, people), *await _of_runs(tx, runs_)]


# Claims


async def _decisions(tx: Transaction, which: Sequence[Any]) -> list[Waits]:
    return [
        Waits("decision", claim_id, who_may_not_approve(facts))
        for claim_id, facts in (await deciders.to_approve(tx, *which)).items()
    ]


async def _releases(tx: Transaction, which: Sequence[Any]) -> list[Waits]:
    """PAY-10, PAY-12: claims of which something could go into a run now."""
    could_go: dict[UUID, list[ToRelease]] = defaultdict(list)
    for row in await tx.all(runs.owed().where(*which)):
        if not releasing.waits_for_something_else(facts := runs.to_release(row)):
            could_go[row.claim_id].append(facts)
    return [Waits("release", claim_id, releasing.who_may_not_release(each)) for claim_id, each in could_go.items()]


async def _words(tx: Transaction, which: Sequence[Any]) -> list[Waits]:
    """FB-09, PAY-02"""
    wanted = await set_aside.words_wanted(tx, *which)
    return [Waits("word", each.claim_id, frozenset(), each.due_on, people=each.people) for each in wanted]


# Bank details


async def _details(tx: Transaction, people: Collection[UUID] | None) -> list[Waits]:
    return [Waits("details", facts.id, facts.not_for) for facts in await details_that_wait(tx, people)]


# Payment runs


async def _of_runs(tx: Transaction, which: Collection[UUID] | None) -> list[Waits]:
    if which is not None and not which:
        return []
    return [*await _words_on_payments(tx, which), *await _sendings(tx, which)]


async def _words_on_payments(tx: Transaction, which: Collection[UUID] | None) -> list[Waits]:
    """PAY-12: payments whose end somebody has to say: those that were sent, those that may have gone, and those that
    an earlier file of their run holds."""
    payments = owing_tables.payments
    what = case(
        (payments.c.state == "sent", "ending"), (taken_out.in_an_earlier_file(), "earlier-file"), else_="perhaps-gone"
    ).label("what")
    found: dict[tuple[str, UUID], list[Row[Any]]] = defaultdict(list)
    of_these = [] if which is None else [one_of(payments.c.run_id, which)]
    rows = await tx.all(with_their_runs(payments.c.id.in_(_open())).where(*of_these).add_columns(what))
    for row in rows:
        found[row.what, row.run_id].append(row)
    lines = await _lines_about(tx, rows)
    for row in rows:  # it is on its way; a line beside that is a separate decision
        if row.state == "sent" and any(line.books_nothing for line in lines.get(row.id, ())):
            found["perhaps-gone", row.run_id].append(row)
    return [
        Waits(kind, run_id, _who_says_nothing(kind, rows, lines), _look_by(kind, rows[0]), rows[0].number)
        for (kind, run_id), rows in found.items()
    ]


async def _lines_about(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[UUID, list[LineWaits]]:
    """PAY-12: lines of the account's statement that wait for somebody, by the payment that they name."""
    bookings, entries, statements = owing_tables.bank_bookings, owing_tables.bank_entries, statement_tables
    mine = (
        select(
            bookings.c.payment_id,
            bookings.c.went_out,
            bookings.c.pence,
            entries.c.because,
            entries.c.dismissed_by,
            statements.c.given_by,
        )
        .join(entries, entries.c.id == bookings.c.entry_id)
        .join(statements, statements.c.id == entries.c.statement_id)
        .where(text("bank_bookings.state = 'waits'"))
    )
    waiting = await tx.all(mine)
    may_be = waiting_use_cases.lines_about_what_did_not_go().subquery()
    unnamed = await tx.all(
        select(may_be, statements.c.given_by).join(statements, statements.c.id == may_be.c.statement_id)
    )
    about = {row.payment_id for row in (*waiting, *unnamed)}
    again = await paid_again(tx, [row for row in rows if row.id in about])
    pence = {row.id: row.amount_pence for row in rows}
    found: dict[UUID, list[LineWaits]] = defaultdict(list)
    for row in waiting:
        is_loss = row.went_out and (row.because == "twice" or row.payment_id in again)
        books_nothing = row.pence != pence.get(row.payment_id)
        line = LineWaits(row.went_out, row.given_by, is_loss, books_nothing, row.dismissed_by)
        found[row.payment_id].append(line)
    for row in unnamed:
        found[row.payment_id].append(LineWaits(True, row.given_by, row.payment_id in again, False, row.dismissed_by))
    return found


@cache
def _open() -> Any:
    """Each state by its own index, so that no payment that has ended is read."""
    payments, runs_, bookings = owing_tables.payments, owing_tables.payment_runs.alias(), owing_tables.bank_bookings
    sent = select(payments.c.id).where(text("payments.state = 'sent'"))
    gone = select(payments.c.id).where(
        text("payments.state = 'cancelled' AND payments.in_file IS NOT NULL AND payments.settled_at IS NULL")
    )
    made = select(runs_.c.id).where(runs_.c.state == literal_column("'made'"))
    earlier = select(payments.c.id).where(payments.c.run_id.in_(made), taken_out.in_an_earlier_file())
    out = select(bookings.c.payment_id).where(text("bank_bookings.state = 'waits'"))
    may_be = waiting_use_cases.lines_about_what_did_not_go().subquery()
    return union_all(sent, gone, earlier, out, select(may_be.c.payment_id))


def _who_says_nothing(kind: str, rows: Sequence[Row[Any]], lines: dict[UUID, list[LineWaits]]) -> frozenset[UUID]:
    """PAY-10, PAY-12: about a payment that is no longer on its way we ask for a decision on the line. If nobody may
    decide it, the administrators are told, even if something could be said by hand."""
    facts = [facts_of(row) for row in rows]
    by_hand = endings.who_can_say_nothing(facts)
    theirs = [(each, line) for row, each in zip(rows, facts, strict=True) for line in lines.get(row.id, ())]
    of_lines = deciding.who_can_decide_no_line(theirs)
    if not theirs:
        return by_hand
    finance = facts[0].finance
    nobody = kind == "perhaps-gone" and bool(finance) and finance <= of_lines
    by_lines_alone = kind == "perhaps-gone" and all(row.state in ("sent", "paid") for row in rows)
    return of_lines if nobody or by_lines_alone or all(row.state == "paid" for row in rows) else by_hand & of_lines


def _look_by(kind: str, payment: Row[Any]) -> date | None:
    return (
        add_working_days(london_date(payment.sent_at), releasing.DAYS_TO_LOOK)
        if kind == "ending" and payment.sent_at
        else None
    )


async def _sendings(tx: Transaction, which: Collection[UUID] | None) -> list[Waits]:
    """PAY-10, PAY-12: runs that are made and not sent; there are never many."""
    table, claims = owing_tables.payment_runs, claims_tables.claims
    found = []
    for run in await tx.all(
        select(table.c.id, table.c.number, table.c.fetched_at, table.c.made_by)
        .where(table.c.state == literal_column("'made'"), *([] if which is None else [one_of(table.c.id, which)]))
        .order_by(table.c.number)
    ):
        payments = await tx.all(runs.made_payments(run.id))
        why = [runs.why_it_stays(payment, file_is_out=run.fetched_at is not None) for payment in payments]
        leaves = "" in why
        perhaps_gone = "perhaps-gone" in why and (run.fetched_at is not None or not leaves)
        if perhaps_gone or await taken_out.how_many_in_an_earlier_file(tx, run.id):
            # first somebody says what became of a payment that another file holds, or of a line of the account's
            # statement
            continue
        aims = select(func.min(claims.c.target_day)).where(
            one_of(claims.c.id, [payment.claim_id for payment in payments])
        )
        not_for = await _who_may_not_send(tx, run.id, {run.made_by}) if leaves else frozenset[UUID]()
        again = leaves and await _must_be_made_again(tx, run.id, not_for)
        if again:
            not_for = frozenset()  # anybody may take it back
        stays = [each for each in why if each]
        nothing = again or releasing.nothing_leaves(len(why), stays, file_is_out=run.fetched_at is not None)
        found.append(Waits("sending", run.id, not_for, await tx.scalar(aims), run.number, nothing))
    return found


async def _who_may_not_send(tx: Transaction, run_id: UUID, more: Iterable[UUID]) -> frozenset[UUID]:
    people = sorted({*more, *await everybody_of_finance(tx)})
    return frozenset([person for person in people if await sending.reasons_not_to_be_its_sender(tx, run_id, person)])


async def _must_be_made_again(tx: Transaction, run_id: UUID, not_for: frozenset[UUID]) -> bool:
    """PAY-12: nobody may send it as it is, but one of finance may once another has made it again."""
    if not await everybody_of_finance(tx) <= not_for:
        return False
    return await sending.left_to_send(tx, run_id) == "made-again"
