"""Lines of the account's statement as a table: what the bank wrote, and what we make of it, in words (PAY-12)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.payments.bank_statements.domain.bank_lines import WHY_NEAR, OfOurs
from services.payments.bank_statements.use_cases.statement_lines import Read

ROWS_A_PAGE = 50
MOST_NAMED = 3

KINDS = (
    ("paid", "Went out: we note these as paid", lambda read: read.what == "paid"),
    ("returned", "Came back: we owe these again", lambda read: read.what == "returned" and not _stays(read)),
    (
        "kept",
        "Came back of what had gone out another time, too: that is what the person has",
        lambda read: read.what == "returned" and _stays(read),
    ),
    (
        "own-out",
        "Went out: a second person looks at these first",
        lambda read: read.what == "own" and read.line.pence < 0,
    ),
    (
        "own-in",
        "Came back: a second person looks at these first",
        lambda read: read.what == "own" and read.line.pence > 0,
    ),
    ("loss-back", "Came back of what was paid twice: no loss any more", lambda read: read.what == "loss-back"),
    ("near", "We are not sure: somebody looks at these", lambda read: read.is_near),
    ("known-out", "Went out, as we know: nothing changes", lambda read: read.what == "known" and read.line.pence < 0),
    (
        "known-in",
        "Came back, as we know: nothing changes",
        lambda read: read.what == "known" and read.line.pence > 0,
    ),
    ("seen", "On an earlier statement, too: nothing changes", lambda read: read.what == "seen"),
    (
        "other-out",
        "Not ours, went out: we do not keep these",
        lambda read: read.what == "other" and read.line.pence <= 0,
    ),
    ("other-in", "Not ours, came in: we do not keep these", lambda read: read.what == "other" and read.line.pence > 0),
)


def _stays(read: Read) -> bool:
    """Whether all that comes back by this line stays paid, since another payment stands in its place (PAY-12)."""
    return all(payment.id in read.kept for payment in read.of("returned"))


def kinds_of(reads: Sequence[Read]) -> list[tuple[str, int, int]]:
    """For each kind that occurs: what it is, how many lines it has, and their sum in pence."""
    found = [(words, [read for read in reads if is_of(read)]) for _, words, is_of in KINDS]
    return [(words, len(of_kind), sum(abs(read.line.pence) for read in of_kind)) for words, of_kind in found if of_kind]


def page_after(keyed: Sequence[tuple[str, Read]], after: str | None) -> tuple[list[Read], str | None]:
    """The lines after this key, and the last one's key if there are more. keyed: sorted by key."""
    rest = [(key, read) for key, read in keyed if not after or key > after]
    more = rest[ROWS_A_PAGE - 1][0] if len(rest) > ROWS_A_PAGE else None
    return [read for _, read in rest[:ROWS_A_PAGE]], more


def payees_of(reads: Sequence[Read], payees: dict[UUID, UUID]) -> list[UUID]:
    """Whom these lines name; nobody for lines about many payments."""
    groups = [group for read in reads for _, group in _groups(read)]
    return [payees[payment.id] for group in groups if len(group) <= MOST_NAMED for payment in group]


def _groups(read: Read) -> list[tuple[str, Sequence[OfOurs]]]:
    """The payments of a line, grouped by what they come to."""
    fates = list(dict.fromkeys(each.fate for each in read.booked))
    if not fates:
        return [(read.what, read.payments)]
    groups = [(fate, [each for each in read.of(fate) if each.id not in read.kept]) for fate in fates]
    groups.append(("kept", [each for each in read.of("returned") if each.id in read.kept]))
    return [(fate, group) for fate, group in groups if group]


def row_of(read: Read, payees: dict[UUID, UUID], names: dict[UUID, str]) -> dict[str, Any]:
    """day, pence (negative if it left the account), text (as the bank wrote it), and makes: what we make of it."""
    return {
        "day": read.line.day,
        "pence": read.line.pence,
        "text": read.line.text,
        "makes": _makes(read, payees, names),
    }


def _makes(read: Read, payees: dict[UUID, UUID], names: dict[UUID, str]) -> str:
    if read.what == "other":
        return "Not one of our payments."
    if read.what == "seen":
        return "We had this line before, on another statement. It waits there, or somebody has decided about it."
    return " ".join(_makes_of(read, fate, group, payees, names) for fate, group in _groups(read))


def _makes_of(
    read: Read, fate: str, payments: Sequence[OfOurs], payees: dict[UUID, UUID], names: dict[UUID, str]
) -> str:
    """For payments of one line that come to the same thing."""
    if len(payments) > MOST_NAMED:
        whom = f"{len(payments)} payments that left together"
    else:
        whom = ", ".join(f"{payment.reference} to {names[payees[payment.id]]}" for payment in payments)
    out = read.line.pence < 0
    if fate in WHY_NEAR and fate != "own":
        return f"{whom}: {WHY_NEAR[fate]}" if len(read.payments) > 1 else WHY_NEAR[fate]
    if fate == "known":
        return f"{'Went out' if out else 'Came back'}, as we know: {whom}. Nothing changes."
    if fate == "loss-back":
        return f"Came back: {whom}. It was paid twice, and is no loss any more."
    if fate == "kept":
        kept = "It had gone out another time, too: that is what the person has"
        return f"Came back: {whom}. {kept}. Nothing is owed but what the other did not cover."
    said = f"{'Paid' if out else 'Came back'}: {whom}."
    if fate == "own":
        return f"{said} A second person looks first."
    return said if out else f"{said} We owe it again."
