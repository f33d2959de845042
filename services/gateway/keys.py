"""Our own key pairs: X25519 that messages to us are sealed to, Ed25519 that ours are signed with. A file holds them,
the newest first.

Older ones stay: messages sealed to them are still on their way or kept, and the one before signs for its successor.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

KEPT = 12
"""How many pairs stay in the file."""


@dataclass(frozen=True, slots=True)
class KeyPairs:
    sealing: X25519PrivateKey
    signing: Ed25519PrivateKey
    made: datetime

    @property
    def public(self) -> "PublicKeys":
        return PublicKeys(self.sealing.public_key().public_bytes_raw(), self.signing.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """An organisation's public keys, 32 bytes each."""

    sealing: bytes
    signing: bytes

    @property
    def fingerprint(self) -> str:
        """Six groups of five digits, to compare by telephone: about 100 bits of both keys' hash."""
        number = int.from_bytes(hashlib.sha256(b"chorus keys 1" + self.sealing + self.signing).digest()) % 10**30
        digits = f"{number:030}"
        return " ".join(digits[start : start + 5] for start in range(0, 30, 5))


@dataclass(frozen=True, slots=True)
class OwnKeys:
    pairs: tuple[KeyPairs, ...]

    @property
    def current(self) -> KeyPairs:
        return self.pairs[0]

    @property
    def before(self) -> KeyPairs | None:
        return self.pairs[1] if len(self.pairs) > 1 else None

    @property
    def marking(self) -> tuple[bytes, ...]:
        """What the carrier marks with, the newest first: of each pair of ours, and good for nothing else."""
        return tuple(
            hmac.digest(pair.sealing.private_bytes_raw(), b"chorus carried 1", "sha256") for pair in self.pairs
        )

    def unsealing(self, key_id: bytes) -> X25519PrivateKey | None:
        """The key that a sealed message names."""
        return next((pair.sealing for pair in self.pairs if key_id_of(pair.public.sealing) == key_id), None)


def key_id_of(sealing_key: bytes) -> bytes:
    """Eight bytes that name a public key."""
    return hashlib.sha256(sealing_key).digest()[:8]


def new_network_keys() -> str:
    """The text of a new file of keys. Keep it closed: whoever reads it can read our sealed messages and speak for
    us."""
    return _written([_new_pairs()])


def turned(text: str) -> str:
    """The same file with a new pair of each kind in front. Raises ValueError as read_keys does."""
    own = parse_keys(text)
    return _written([_new_pairs(), *(_as_json(pairs) for pairs in own.pairs)][:KEPT])


def read_keys(path: Path) -> OwnKeys:
    """Raises ValueError with a sentence that says what is wrong with the file, never what is in it."""
    try:
        return parse_keys(path.read_text())
    except OSError as error:
        raise ValueError(f"The file of network keys cannot be read ({type(error).__name__}).") from None


def parse_keys(text: str) -> OwnKeys:
    try:
        pairs = tuple(
            KeyPairs(
                X25519PrivateKey.from_private_bytes(base64.b64decode(entry["sealing"], validate=True)),
                Ed25519PrivateKey.from_private_bytes(base64.b64decode(entry["signing"], validate=True)),
                datetime.fromisoformat(entry["made"]),
            )
            for entry in json.loads(text)["pairs"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"The file of network keys is not one ({type(error).__name__}).") from None
    if not pairs:
        raise ValueError("The file of network keys holds none.")
    return OwnKeys(pairs)


def _new_pairs() -> dict[str, Any]:
    return _as_json(KeyPairs(X25519PrivateKey.generate(), Ed25519PrivateKey.generate(), datetime.now(UTC)))


def _as_json(pairs: KeyPairs) -> dict[str, Any]:
    return {
        "made": pairs.made.isoformat(timespec="seconds"),
        "sealing": base64.b64encode(pairs.sealing.private_bytes_raw()).decode(),
        "signing": base64.b64encode(pairs.signing.private_bytes_raw()).decode(),
    }


def _written(pairs: list[dict[str, Any]]) -> str:
    return json.dumps({"pairs": pairs}, indent=2) + "\n"
