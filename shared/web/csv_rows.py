"""A row of a CSV file that a charity's spreadsheet exports, and what its cells may be.

Cell values may be personal, so they are in no exception text and no log. Problems name rows and columns, and go to
the sender of the file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr

from shared.money import parse_pounds

MAX_ROWS = 5_000


def heading_of(field: str) -> str:
    return field.replace("_", " ")


class ImportRow(BaseModel):
    """One row of a file. The column of the field `known_as` is headed "known as"; a blank cell takes the field's
    default."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    key: ClassVar[tuple[str, ...]] = ()
    """The fields that identify what the row is about: no two rows of a file may agree in all of them, unless they
    are blank."""
    messages: ClassVar[dict[str, str]] = {}
    """By field, the plain sentence for a wrong value."""
    also: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Other headings that people use for a field's column."""
    instead: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Columns that a file may have in place of a field's own; the row makes the field from them."""
    most_rows: ClassVar[int] = MAX_ROWS

    _number: int = PrivateAttr(default=0)

    @property
    def number(self) -> int:
        """The row's number as the spreadsheet shows it; the header is row 1."""
        return self._number

    @classmethod
    def heading(cls, field: str) -> str:
        """As we name its column."""
        return heading_of(field)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong, for the person who sent the file. row is as the spreadsheet numbers it; None means the whole file
    or row."""

    row: int | None
    column: str | None
    text: str


class InvalidFile(Exception):
    """The file cannot be imported as it is. Nothing was changed. The text repeats nothing from the file."""

    def __init__(self, problems: Sequence[RowProblem], rows: Sequence[BaseModel] = ()) -> None:
        """rows: those that could be read, if only others are wrong."""
        super().__init__(f"{len(problems)} problems in an imported file")
        self.problems, self.rows = tuple(problems), rows


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part for part in (piece.strip() for piece in re.split(r"[,;|\n]", value)) if part)


def slug(text: str) -> str:
    """ "Tender panel" -> "tender-panel"."""
    return "-".join(re.findall(r"[^\W_]+", text.casefold()))


def _split_slugs(value: object) -> object:
    parts = _split(value)
    return tuple(slug(part) for part in parts) if isinstance(parts, tuple) else parts


_BRITISH_DAY = re.compile(r"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{4})")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)")


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _BRITISH_DAY.fullmatch(value) or _ISO_DAY.fullmatch(value)
    try:
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        pass  # no such day
    raise ValueError("Write the date like 03/12/2026 or 2026-12-03.")


def _pence(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_pounds(value)
    except ValueError:
        raise ValueError("Write the amount in pounds and pence, like 12.50.") from None


Listed = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""Several words in one cell, separated by commas, semicolons, bars or new lines."""
Slugs = Annotated[tuple[str, ...], BeforeValidator(_split_slugs)]
"""Several slugs in one cell; "Tender panel; Workshop" is read as ("tender-panel", "workshop")."""
Day = Annotated[date, BeforeValidator(_day)]
"""A date as a British spreadsheet writes it, or as ISO 8601 does."""
Pence = Annotated[int, BeforeValidator(_pence)]
"""An amount written in pounds, kept in pence."""
