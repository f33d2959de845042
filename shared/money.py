"""Money is integer pence (PAY-11). Nothing here rounds silently."""

import re

from shared.text import one_line

_POUNDS = re.compile(r"£? ?([0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]{1,7})(?:\.([0-9]{2}))?")


def pounds(pence: int) -> str:
    """1250 -> "£12.50"; -50 -> "-£0.50"; thousands are grouped."""
    sign = "-" if pence < 0 else ""
    return f"{sign}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def pence_or_pounds(pence: int) -> str:
    """45 -> "45p": how people say a rate for a mile. From one pound on, the same as `pounds`."""
    return f"{pence}p" if 0 < pence < 100 else pounds(pence)


def parse_pounds(text: str) -> int:
    """ "12.50", "£12.50", "1,200" -> pence. Raises ValueError for anything else, including signs and half pennies."""
    match = _POUNDS.fullmatch(one_line(text))
    if match is None:
        raise ValueError("Enter an amount in pounds and pence, like 12.50")
    return int(match[1].replace(",", "").replace(" ", "")) * 100 + int(match[2] or 0)
