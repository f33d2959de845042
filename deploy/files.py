"""Files that hold secrets."""

import os
from pathlib import Path


def write_closed(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner alone."""
    unfinished = path.with_name(f".{path.name}.new")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)
