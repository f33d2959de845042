"""What somebody who means harm, or whose cat walks over the keyboard, puts into a field."""

from uuid import UUID

CANARY = "<script>canary(1)</script>\"'><img src=x onerror=canary(2)>"
"""Must never come back unescaped."""
BARE = ("<script>canary", "<img src=x onerror=canary", "canary(1)</script>")
"""How it would look if it did."""
SUM, RESULT = "{{31337*3}}${31337*3}<%=31337*3%>", "94011"
"""A template engine that runs what was typed would show the result."""
SQL = "'; DROP TABLE people; --' OR '1'='1\\"
LETTERS = "\u202e\u2066שלום عالم\u2069 👩🏽\u200d🦽\U000e0041 z̷̪͝a\u0301"
"""From right to left, of several parts, of marks upon marks."""
FORMULA = '=HYPERLINK("http://example.org")'
"""A spreadsheet would run it."""
NOBODY = UUID("0193f3a0-0000-7000-8000-00000000dead")
MISSING = object()
"""The field is left out."""
REPEATED = object()
"""The field is sent twice, once as it was and once with something else."""
A_FILE = object()
"""A file where words are expected."""

TEXTS: dict[str, object] = {
    "empty": "",
    "missing": MISSING,
    "repeated": REPEATED,
    "a file": A_FILE,
    "NUL": "\x1b[31mgood\x00bad\x07",
    "not UTF-8": b"\xff\xfe\xed\xa0\x80bad",
    "every kind of code": FORMULA + CANARY + SUM + SQL + LETTERS,
    "very long": "long " * 20_000,
    "huge": "9" * 400,
    "exponent": "1e999998",
    "an id": str(NOBODY),
}
"""For a field in which people write."""
CHOICES: dict[str, object] = {
    name: TEXTS[name] for name in ("missing", "repeated", "NUL", "every kind of code", "an id")
}
"""For a field whose answers the page offers, or has put there itself."""
DAYS: dict[str, tuple[str, str, str]] = {
    "no such day": ("31", "2", "2026"),
    "no month": ("3", "", "2026"),
    "words": ("first", "of", "may"),
    "the first day": ("1", "1", "0001"),
    "long ago": ("1", "1", "1900"),
    "the last day": ("31", "12", "9999"),
    "year 10000": ("1", "1", "10000"),
    "huge": ("9" * 30, "1", "2026"),
    "very long": ("9" * 5000, "1", "2026"),
    "negative": ("-3", "12", "2026"),
    "script": (CANARY, CANARY, CANARY),
    "NUL": ("3\x00", "12\x00", "2026\x00"),
    "other digits": ("٣", "١٢", "٢٠٢٧"),
}
"""Day, month and year."""
MONEY = ("-1", "-0.01", "0", "1e5", "NaN", "Infinity", "1.999", "99999999999999999999", "1,2,3", "£", "١٢")
"""No sum of money or number of miles."""
