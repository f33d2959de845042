"""Why a file from the bank cannot be read (PAY-12), in words that say what to do about it."""

from collections.abc import Sequence
from datetime import date

from shared.reasons import Reason


def _of_statement(text: str) -> Reason:
    return Reason("PAY-12", text, "statement")


def _of_line(number: int, text: str) -> Reason:
    return _of_statement(f"Line {number} below the headings {text}")


# Both kinds of XML. field: which form they were given with; what: what it should be

NO_KNOWN_ANSWER = Reason(
    "PAY-12",
    "This is not a payment status report (pain.002) of a kind that we know. Ask the bank for pain.002.001.03 or later.",
    "answer",
)
ANSWER_INCOMPLETE = Reason(
    "PAY-12",
    "We cannot read this report: something in it is missing, was changed, or does not belong in a report of its kind "
    "(pain.002 has versions). Nothing was changed here. Ask the bank to send it again.",
    "answer",
)
STATEMENT_INCOMPLETE = _of_statement("This statement is not complete. Ask the bank to send it again.")
NO_KNOWN_STATEMENT = _of_statement(
    "This is not a statement (camt.053) of a kind that we know. You can use the bank’s CSV file instead."
)
OTHER_ACCOUNT = _of_statement(
    "This is the statement of another account. Choose the one of the account that we pay from. Nothing was changed."
)


def empty_file(field: str) -> Reason:
    return Reason("PAY-12", "Choose the file that the bank sent. The one you chose is empty.", field)


def too_big_a_file(what: str, field: str) -> Reason:
    return Reason("PAY-12", f"This file is too big to be {what}.", field)


def unreadable(what: str, field: str) -> Reason:
    return Reason("PAY-12", f"We cannot read this file. Choose the XML file that the bank sent: {what}.", field)


def other_currency(currency: str, field: str) -> Reason:
    return Reason(
        "PAY-12",
        f"An amount in this file is in another currency ({currency[:3]}), and we pay in pounds. Ask the bank. Nothing "
        "was changed.",
        field,
    )


def no_amount(field: str) -> Reason:
    return Reason(
        "PAY-12", "An amount in this report is not in pounds and pence. Ask the bank. Nothing was changed.", field
    )


# A statement as CSV. number: the line's, below the headings

EMPTY_STATEMENT = _of_statement("Choose the file with the account’s statement. The one you chose is empty.")
TOO_BIG_A_STATEMENT = _of_statement("This file is too big. Choose a statement of fewer days.")
NO_CSV = _of_statement("This is not a CSV file. Choose the CSV file with the account’s statement.")
NO_HEADINGS = _of_statement(
    "We cannot find the line of headings: none of them says “date” or “day”. Write “Date” above the dates, and give "
    "us the file again."
)
TWO_WAYS_OF_SUMS = _of_statement(
    "This file writes some sums as 1,234.56 and others as 1.234,56. We cannot tell which is meant. Ask the bank for "
    "another file."
)


def too_many_lines(most: int) -> Reason:
    return _of_statement(f"This file has more than {most:,} lines. Choose a statement of fewer days.")


TOO_MUCH = _of_statement("This file is too big to look through at once. Choose a statement of fewer days.")


def line_in_other_currency(number: int, said: str) -> Reason:
    return _of_line(
        number,
        f"is in another currency (“{said[:30]}”), and we pay in pounds. Choose the statement of an account in pounds.",
    )


def no_day(number: int) -> Reason:
    return _of_line(number, "has no day that we can read. Is the column of the date the right one?")


def too_many_cells(number: int) -> Reason:
    return _of_line(
        number,
        "has more parts than there are headings, perhaps for a comma in its words or in its sum. Put that part in "
        "quotation marks, or take the comma out, and give us the file again.",
    )


def day_to_come(day: date) -> Reason:
    return _of_statement(
        f"A line of this statement is of {day.day} {day:%B %Y}, which is still to come. Look at the days in the file. "
        "Nothing was changed."
    )


def out_and_in(number: int) -> Reason:
    return _of_line(number, "says that money went out and came in. Are the columns the right ones?")


def no_direction(number: int, said: str) -> Reason:
    return _of_line(
        number,
        f"says neither DR (paid out) nor CR (paid in), but “{said[:30]}”. Is the column of DR and CR the right one?",
    )


def no_sum(number: int, said: str) -> Reason:
    return _of_line(number, f"has a sum that we cannot read: “{said[:30]}”. Is the column of the sum the right one?")


def reasons_not_to_take_columns(
    words: Sequence[int], sums: str, amount: int | None, paid_out: int | None, paid_in: int | None, marker: int | None
) -> list[Reason]:
    """PAY-12: the columns that a person still has to name, depending on how the bank writes its sums. Columns are
    given by number."""
    if not words:
        return [Reason("PAY-12", "Choose the columns with words: our reference stands in one of them.", "words")]
    if sums == "two":
        named = paid_out is not None and paid_in is not None and paid_out != paid_in
        return (
            []
            if named
            else [
                Reason("PAY-12", "Choose the column of what was paid out, and the one of what was paid in.", "paid_out")
            ]
        )
    if amount is None:
        return [Reason("PAY-12", "Choose the column with the sum.", "amount")]
    if sums == "marker" and (marker is None or marker == amount):
        return [Reason("PAY-12", "Choose the column that says DR or CR.", "marker")]
    return []
