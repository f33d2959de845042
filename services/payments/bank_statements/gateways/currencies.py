"""The currency of a bank's statement: ours are only in pounds (PAY-12)."""

import re
from collections.abc import Sequence

_OTHERS = re.compile(
    "AED|AUD|BGN|BRL|CAD|CHF|CNY|CZK|DKK|EUR|HKD|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|MXN|MYR|NGN|NOK|NZD|PHP|PKR|PLN|RON|RUB|"
    "SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|ZAR|EUROS?|DOLLARS?|[€$¥]"
)
_POUNDS = re.compile("(?:GBP|£|STG|(?:BRITISH |UK )?POUNDS?(?: STERLING)?|STERLING|)")
_OF_SOMETHING_ELSE = frozenset(
    {"original", "orig", "local", "foreign", "merchant", "exchange", "fx", "instructed", "rate"}
)
"""Words for a currency in which somebody paid, or that was exchanged: what the account was charged is in another
column."""


def is_pounds(said: str) -> bool:
    """Yes if nothing is said."""
    return _POUNDS.fullmatch(" ".join(said.upper().split())) is not None


def other_in_heading(heading: str) -> str:
    """ "EUR" of "Amount (EUR)"; "" if it names no currency or pounds."""
    words = re.findall("[A-Z]+|[€$¥]", heading.upper())
    return next((word for word in words if _OTHERS.fullmatch(word)), "")


def other_in_title(row: Sequence[str]) -> str:
    """ "EUR" of "Currency: EUR" above the headings; "" for pounds or nothing."""
    said = re.search(r"\b(?:CURRENCY|CCY)\b\W*?(\w+|[€$¥])", " ".join(row).upper())
    return said[1] if said and _OTHERS.fullmatch(said[1]) else ""


def columns_of_currency(headings: Sequence[str]) -> list[int]:
    """The columns that name the currency of a line's sum."""
    words = [set(re.split(r"[^a-z]+", heading.casefold())) for heading in headings]
    return [
        number
        for number, said in enumerate(words)
        if said & {"currency", "ccy", "curr"} and not said & _OF_SOMETHING_ELSE
    ]
