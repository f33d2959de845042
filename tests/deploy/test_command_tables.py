"""Tables of the command line are read in windows of 80 columns, and ids copied out of them."""

from pathlib import Path

from rich.console import Console

from deploy.cli import common
from shared.db import new_id


def test_a_table_folds_an_id_that_is_too_long_and_cuts_none():
    ids = [str(new_id()) for _ in range(4)]
    shown = common.table("a", "b", "c", "d")
    shown.add_row(*ids)
    console = Console(width=40)
    with console.capture() as captured:
        console.print(shown)
    lines = [line.split("│") for line in captured.get().splitlines() if line.startswith("│")]
    assert ["".join(line[column].strip() for line in lines) for column in range(1, 5)] == ids


def test_no_command_makes_a_table_that_cuts():
    commands = Path(common.__file__).parent.glob("*.py")
    assert {path.name for path in commands if " Table(" in path.read_text()} == {"common.py"}
