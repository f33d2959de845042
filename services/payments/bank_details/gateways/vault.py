"""Bank details at rest (PAY-13): AES-GCM with a named key, and a keyed hash that only tells whether two accounts are
the same.

`python -m services.payments.bank_details.gateways.vault PATH` makes the file of keys, once. To turn the key, add
another one under "keys" and name it as "current"; keep the old one until nothing names it.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.payments.settings import KEY_BYTES, new_bank_keys

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """What is sealed. Its repr shows nothing, so that it can't slip into a log or an exception."""

    name: str
    sort_code: str
    account_number: str

    def __repr__(self) -> str:
        return "AccountDetails(...)"


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    content: bytes


class Vault:
    """Keys by id. New details are sealed with the current key; older ones are opened with the key that they name."""

    def __init__(self, current: str, keys: dict[str, bytes], same_account_key: bytes) -> None:
        self.current = current
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._same_account_key = same_account_key

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """Raises ValueError with a sentence that says what is wrong with the file, but never what is in it."""
        try:
            content = json.loads(path.read_text())
            keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in content["keys"].items()}
            same_account = base64.b64decode(content["same_account"], validate=True)
            current = content["current"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            how = "Make one with: python -m services.payments.bank_details.gateways.vault PATH"
            raise ValueError(f"The file of bank keys cannot be read ({type(error).__name__}). {how}") from None
        if current not in keys or any(len(key) != KEY_BYTES for key in [*keys.values(), same_account]):
            raise ValueError(f"The file of bank keys needs a current key, and keys of {KEY_BYTES} bytes.")
        return cls(current, keys, same_account)

    def seal(self, content: bytes, of: UUID) -> Sealed:
        """of: the id of the row that holds it. It can't be opened in any other row."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.current, nonce + self._keys[self.current].encrypt(nonce, content, of.bytes))

    def open(self, sealed: Sealed, of: UUID) -> bytes:
        """Raises KeyError for a key that is gone, InvalidTag if the content was changed or moved."""
        return self._keys[sealed.key_id].decrypt(sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:], of.bytes)

    def seal_details(self, details: AccountDetails, of: UUID) -> Sealed:
        return self.seal(json.dumps([details.name, details.sort_code, details.account_number]).encode(), of)

    def open_details(self, sealed: Sealed, of: UUID) -> AccountDetails:
        return AccountDetails(*json.loads(self.open(sealed, of)))

    def same_account(self, details: AccountDetails) -> bytes:
        """Equal for equal accounts, whatever the name; useless without the key."""
        return hmac.digest(
            self._same_account_key, f"{details.sort_code}:{details.account_number}".encode(), hashlib.sha256
        )


def write_new(path: Path) -> None:
    """Raises FileExistsError rather than overwrite keys: everything they sealed would be lost."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(new_bank_keys(f"{datetime.now(UTC):%Y-%m-%d}"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m services.payments.bank_details.gateways.vault PATH")
    try:
        write_new(Path(sys.argv[1]))
    except FileExistsError:
        sys.exit("There is a file already. It is kept: without its keys, bank details cannot be read.")
