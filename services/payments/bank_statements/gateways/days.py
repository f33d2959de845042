"""Days as banks write them in a CSV."""

import re
from datetime import UTC, date, datetime, timedelta

_DAYS = (
    "%d/%m/%Y",
    "%d/%m/%y",
    "%Y-%m-%d",
    "%d %b %Y",
    "%d %B %Y",
    "%d %b %y",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y%m%d",
)


def day_in(text: str) -> date | None:
    """A day from the date column, where a bare number is Excel's count of days."""
    plain = text.strip()
    if re.fullmatch(r"\d{5}(?:\.\d+)?", plain) and _FIRST_SERIAL <= int(plain[:5]) <= _LAST_SERIAL:
        return date(1899, 12, 30) + timedelta(days=int(plain[:5]))
    return day_of(text)


_FIRST_SERIAL, _LAST_SERIAL = 36526, 73050
"""From the first day of 2000 to the last of 2099."""


def day_of(text: str) -> date | None:
    """Ignores a time of day after it."""
    plain = " ".join(text.replace("Sept ", "Sep ").split())[:40].removeprefix("=").strip("\"'")
    plain = re.sub(
        r"(?<=\d)[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?$",
        "",
        plain,
        flags=re.IGNORECASE,
    )
    for form in _DAYS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
