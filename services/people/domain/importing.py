"""The rules of importing a list of people."""

from collections.abc import Collection, Mapping
from typing import Any

from services.people.domain.addresses import reasons_against_email
from services.people.domain.choices import reasons_not_to_answer
from services.people.domain.roles import reasons_not_to_give_roles
from shared.reasons import Reason


def reasons_not_to_import(
    row: Mapping[str, Any], *, has_email: bool, areas: Collection[str], has_post: bool = False
) -> list[Reason]:
    """Every answer must be one that the person could have given themselves. PEO-03: nobody under 18 joins by a list."""
    reasons = reasons_against_email(row["email"]) if row["email"] else []
    if not row["email"] and not row["phone"]:
        reasons.append(
            Reason(
                "PEO-01", "Write an email address or a phone number, so that we can tell people apart", field="email"
            )
        )
    for question, answer in row.items():
        reasons += reasons_not_to_answer(question, answer, areas=areas, has_email=has_email, has_post=has_post)
    reasons += reasons_not_to_give_roles(row["roles"], has_email=has_email, was_operator=False, other_operators=0)
    if row["over_18"] is False:
        reasons.append(
            Reason("PEO-03", "Add someone under 18 on the page for it, which asks for the agreements", field="over_18")
        )
    return reasons


def import_changes(
    row: Mapping[str, Any], filled: Collection[str], last: Mapping[str, Any] | None, now: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers to change for an imported person: those that differ from the row last imported for them.

    So whatever they changed themselves since then is kept, and importing a file twice changes nothing. For someone who
    was never imported, compares with what we hold. A blank cell, or a column that is not in filled, changes nothing:
    answers are deleted on the person's own page."""
    before = now if last is None else last
    return {field: row[field] for field in filled if before.get(field) != row[field] and now.get(field) != row[field]}


def imported_with(row: Mapping[str, Any], filled: Collection[str], last: Mapping[str, Any] | None) -> dict[str, Any]:
    """What to compare the next list with: this row, and what earlier rows said in the columns that it leaves out."""
    return dict(row) if last is None else {**last, **{field: row[field] for field in filled}}
