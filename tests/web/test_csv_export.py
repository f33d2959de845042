"""Lists that people open in a spreadsheet."""

import pytest

from shared.web.csv_export import csv_of, harmless_cell, list_for_people


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+44", "-2", "@x", "\tx", "\r=1", "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹢1", " =1", "\u00a0＝1", "\n=1"],
)
def test_a_cell_that_begins_like_a_formula_is_quoted(cell: str) -> None:
    assert harmless_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Zoë", "a=b", "O'Hara", "12.50"])
def test_any_other_cell_stays(cell: str) -> None:
    assert harmless_cell(cell) == cell


def test_a_list_for_people_opens_with_its_accents_and_another_file_has_no_mark() -> None:
    assert list_for_people(["Name"], [["Zoë"]]).encode().startswith(b"\xef\xbb\xbfName\r\nZo\xc3\xab")
    assert csv_of(["Name"], [["Zoë"]]).startswith("Name")
