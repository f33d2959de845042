"""Files and folders that hold secrets, and the account that servers run as."""

import os
import pwd
from pathlib import Path


def write_closed(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner alone."""
    unfinished = path.with_name(f".{path.name}.new")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)


def server_account() -> pwd.struct_passwd | None:
    """The account that database and broker run as: `nobody` when we are root, else None for our own."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def can_be_entered(directory: Path) -> bool:
    """Whether the servers' account may pass through this folder and everything above it."""
    if server_account() is None:
        return True
    directory = directory.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (directory, *directory.parents) if folder.exists())


def close_folder(directory: Path, *, servers_pass: bool = False) -> None:
    """Make a folder that nobody else enters, or close the one that is there: 0700; so are folders above it that are
    missing.

    servers_pass: database or broker read something below it. As root starts them as `nobody`, that account may pass
    through (0711: it enters, and lists nothing); the data themselves are its own, 0700.
    """
    mode = 0o711 if servers_pass and server_account() is not None else 0o700
    for folder in (*(each for each in reversed(directory.parents) if not each.exists()), directory):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(mode)
