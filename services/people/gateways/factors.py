"""Second factors: secrets sealed at rest with keys of their own, and codes that authenticator apps show (TOTP, RFC
6238).

The file of keys lies beside the key that signs sign-in tokens, which this service alone reads. To turn the key, add
another one under "keys" and name it as "current"; keep the old one until nothing names it.
"""

import base64
import hmac
import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from uuid import UUID

import segno
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import random_base32
from pyotp.totp import TOTP

STEP_SECONDS = 30
NONCE_BYTES = 12
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # cannot be mistaken for one another


class FactorVault:
    """Keys by id. A secret is sealed to its person: moved to another's row, it can't be opened."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError with a sentence that says what is wrong with the file, never what is in it."""
        try:
            content = json.loads(path.read_text())
            self._keys = {
                key_id: AESGCM(base64.b64decode(key, validate=True)) for key_id, key in content["keys"].items()
            }
            self.current: str = content["current"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"The keys of second factors, {path}, cannot be read ({type(error).__name__}).") from None
        if self.current not in self._keys:
            raise ValueError(f"The keys of second factors, {path}, name a current key that is not there.")

    def seal(self, secret: str, person_id: UUID) -> tuple[str, bytes]:
        """Returns the key's id and the sealed secret."""
        nonce = os.urandom(NONCE_BYTES)
        return self.current, nonce + self._keys[self.current].encrypt(nonce, secret.encode(), person_id.bytes)

    def open(self, key_id: str, sealed: bytes, person_id: UUID) -> str:
        """Raises KeyError for a key that is gone, InvalidTag if it was changed or moved."""
        return self._keys[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], person_id.bytes).decode()


def new_secret() -> str:
    return random_base32()


def new_recovery_codes() -> list[str]:
    """Each has 50 bits, in two halves that are easy to read out."""
    halves = ["".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2 * RECOVERY_CODES)]
    return [f"{first}-{second}" for first, second in zip(halves[::2], halves[1::2], strict=True)]


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step that this code belongs to: the current one or one beside it. None if the code is wrong."""
    current, totp = int(now.timestamp()) // STEP_SECONDS, TOTP(secret)
    found = None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def address_of(secret: str, organisation: str, account: str) -> str:
    """The address in the picture, which an authenticator app reads."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=organisation)


def picture_of(address: str) -> str:
    """An SVG to put into the page itself: it is secret, so it gets no address of its own."""
    return segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#0b0c0c", light="#ffffff")
