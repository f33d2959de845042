"""Reads the weight table of the modulus check: two text files in the form in which Pay.UK publishes them, free of
charge."""

from collections.abc import Iterator
from pathlib import Path

from services.payments.bank_details.domain.banking import MODULUS, ModulusTable, Weights

_FOLDER = Path(__file__).parent / "modulus_table"
COLUMNS = 17


def load_table(weights: Path | None = None, substitutes: Path | None = None) -> ModulusTable:
    """The table from these files. Ours covers only some sort codes; an account that no line covers is accepted
    unchecked.

    Raises ValueError with the number of a line that cannot be read.
    """
    return ModulusTable(
        list(_weights(weights or _FOLDER / "weights.txt")), dict(_pairs(substitutes or _FOLDER / "substitutes.txt"))
    )


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        cells = line.split("#")[0].split()
        if cells:
            yield number, cells


def _weights(path: Path) -> Iterator[Weights]:
    for number, cells in _lines(path):
        try:
            first, last, method, *figures = cells
            values = [int(figure) for figure in figures]
        except ValueError:
            raise ValueError(f"Line {number} of {path.name} is not a rule of the modulus check.") from None
        if len(cells) not in (COLUMNS, COLUMNS + 1) or method not in MODULUS:
            raise ValueError(f"Line {number} of {path.name} is not a rule of the modulus check.")
        yield Weights(first, last, method, tuple(values[:14]), values[14] if len(values) > 14 else 0)  # pyrefly: ignore


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for number, cells in _lines(path):
        if len(cells) != 2:
            raise ValueError(f"Line {number} of {path.name} is not a pair of sort codes.")
        yield cells[0], cells[1]
