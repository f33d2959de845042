"""Bank accounts (PAY-13): pure checks, no keys, no files. The bank's answers are in `answers`, names in its letters
in `bank_text`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.payments.bank_details.domain.bank_text import reasons_not_to_take_name
from shared.reasons import Reason
from shared.text import digits

# Modulus checking, by the algorithm that Pay.UK publishes as "Validating account numbers". The weights are data
# (modulus.py reads them).

A, B, C, G, H = 6, 7, 8, 12, 13
"""Places in the fourteen digits uvwxyzabcdefgh: six of the sort code, eight of the account."""
SECOND_MAY_SAVE = frozenset({2, 9, 10, 11, 12, 13, 14})
"""Exceptions under which one of the two checks is enough."""
MODULUS = {"MOD10": 10, "MOD11": 11, "DBLAL": 10}
EXCEPTION_2 = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
EXCEPTION_2_G9 = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)


@dataclass(frozen=True, slots=True)
class Weights:
    """One line of the weight table: how the sort codes from first to last are checked. exception: 0 for none."""

    first: str
    last: str
    method: Literal["MOD10", "MOD11", "DBLAL"]
    weights: tuple[int, ...]
    exception: int = 0


@dataclass(frozen=True, slots=True)
class ModulusTable:
    weights: Sequence[Weights]
    substitutes: Mapping[str, str]

    def checks_for(self, sort_code: str) -> list[Weights]:
        return [line for line in self.weights if line.first <= sort_code <= line.last][:2]


def modulus_agrees(sort_code: str, account_number: str, table: ModulusTable) -> bool:
    """PAY-13: whether this account can exist. sort_code: 6 digits, account_number: 8. True if the table does not
    cover it."""
    checks = table.checks_for(sort_code)
    if not checks:
        return True
    first = checks[0]
    if _agrees(sort_code, account_number, first, table):
        one_is_enough = len(checks) == 1 or first.exception in SECOND_MAY_SAVE
        return one_is_enough or _agrees(sort_code, account_number, checks[1], table)
    if first.exception == 14:
        return account_number[7] in "019" and _agrees(sort_code, "0" + account_number[:7], first, table)
    if len(checks) == 1 or first.exception not in SECOND_MAY_SAVE:
        return False
    return _agrees(sort_code, account_number, checks[1], table)


def _agrees(sort_code: str, account_number: str, line: Weights, table: ModulusTable) -> bool:
    sort_code = _substituted(sort_code, line.exception, table)
    digits = [int(digit) for digit in sort_code + account_number]
    if _needs_no_check(digits, line.exception):
        return True
    remainder = _total(digits, line) % MODULUS[line.method]
    if line.exception == 4:
        return remainder == digits[G] * 10 + digits[H]
    if line.exception == 5:
        return _exception_5(digits, line.method, remainder)
    return remainder == 0


def _substituted(sort_code: str, exception: int, table: ModulusTable) -> str:
    if exception == 5:
        return table.substitutes.get(sort_code, sort_code)
    return {8: "090126", 9: "309634"}.get(exception, sort_code)


def _needs_no_check(digits: Sequence[int], exception: int) -> bool:
    """Accounts that the table's authors leave unchecked: exception 3 by its digit c, exception 6 for foreign
    currency."""
    if exception == 3:
        return digits[C] in (6, 9)
    return exception == 6 and 4 <= digits[A] <= 8 and digits[G] == digits[H]


def _total(digits: Sequence[int], line: Weights) -> int:
    products = [digit * weight for digit, weight in zip(digits, _weights_to_use(digits, line), strict=True)]
    if line.method == "DBLAL":
        total = sum(sum(int(figure) for figure in str(product)) for product in products)
        return total + 27 if line.exception == 1 else total
    return sum(products)


def _weights_to_use(digits: Sequence[int], line: Weights) -> Sequence[int]:
    if line.exception == 2 and digits[A] != 0:
        return EXCEPTION_2_G9 if digits[G] == 9 else EXCEPTION_2
    zeroed = line.exception == 7 or (line.exception == 10 and (digits[A], digits[B]) in ((0, 9), (9, 9)))
    if zeroed and digits[G] == 9:
        return (0,) * 8 + tuple(line.weights[8:])
    return line.weights


def _exception_5(digits: Sequence[int], method: str, remainder: int) -> bool:
    """The remainder must match a check digit: g in the first check, h in the second."""
    if method == "DBLAL":
        return digits[H] == (10 - remainder) % 10
    return remainder != 1 and digits[G] == (11 - remainder) % 11


# Details


def digits_of(text: str) -> str:
    """ "20-29 59" -> "202959": drops only what people put between digits: dashes and spaces of every kind, and
    invisible characters."""
    return digits(text)


def reasons_not_to_take_details(name: str, sort_code: str, account_number: str, table: ModulusTable) -> list[Reason]:
    """PAY-13: sort code and account number as digits_of() returns them."""
    reasons = reasons_not_to_take_name(name)
    if len(sort_code) != 6 or not (sort_code.isascii() and sort_code.isdecimal()):
        reasons.append(Reason("PAY-13", "Enter a sort code with 6 digits, like 12-34-56.", "sort_code"))
    if not 6 <= len(account_number) <= 8 or not (account_number.isascii() and account_number.isdecimal()):
        reasons.append(Reason("PAY-13", "Enter an account number with 6 to 8 digits.", "account_number"))
    if not reasons and not modulus_agrees(sort_code, account_number.zfill(8), table):
        text = "This sort code and account number do not go together. Check both: one digit may be wrong."
        reasons.append(Reason("PAY-13", text, "account_number"))
    return reasons


def masked(ends_with: str) -> str:
    """PAY-13: "ending 4958": all that a page shows of an account."""
    return f"ending {ends_with}"
