"""Files of keys: each service's settings say which it needs and how a new one begins. What is there is kept: with
others, nothing could be read again."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from deploy.provisioning.files import write_closed
from deploy.provisioning.parts import package_of
from shared.identity import load_signing_key, public_key_set
from shared.settings import ServiceSettings

SIGNS_TOKENS = "people", "session_signing_key"
PUBLIC_KEYS = "session-keys.json"
"""The public set of the key that signs sign-in tokens, which every service reads."""


def settings_of(part: str) -> type[ServiceSettings]:
    """The settings of a service, the gateway or the operators' app."""
    return import_module(f"{package_of(part)}.settings").Settings


def key_file(part: str, setting: str) -> str:
    """The file name for a setting of this part."""
    return settings_of(part).key_files()[setting].name


def make_keys(part: str, folder: Path) -> None:
    """The files of keys that this part needs, in a folder that it alone reads."""
    for kind in settings_of(part).key_files().values():
        path = folder / kind.name
        if not path.exists():
            write_closed(path, kind.new())


def make_sign_in_keys(private_folder: Path, public_folder: Path) -> None:
    """The private key that signs sign-in tokens, and the public set that every service reads."""
    part, setting = SIGNS_TOKENS
    make_keys(part, private_folder)
    public = public_folder / PUBLIC_KEYS
    if not public.exists():
        write_closed(
            public, json.dumps(public_key_set(load_signing_key(private_folder / key_file(part, setting)))) + "\n"
        )
