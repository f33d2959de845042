"""What is signed, and what is sealed. Public events are signed as they are; the signature travels in a header.

Sealed messages: signed by the sender (Ed25519), padded, and sealed to the addressee (HPKE, RFC 9180: X25519,
HKDF-SHA256, ChaCha20-Poly1305).

The signature lies inside the seal, so that only the addressee sees who signed. What the sealed message says of origin,
addressee and event is signed with it, and is bound into the seal as well: a sealed message opens only where, and as
what, it was sent.

    0x01 | key id (8) | HPKE( signature (64) | length (4) | message | zeros up to a multiple of 1024 )
"""

import base64
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from services.gateway.domain import Enclosed, padded_length
from services.gateway.keys import OwnKeys, key_id_of

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_FORM = b"\x01"
_SIGNATURE, _LENGTH, _KEY_ID = 64, 4, 8
_SIGNED_AS = b"chorus letter 1\n"
SIGNATURE = "chorus-signature"
"""The header that a public event's signature travels in."""
_PUBLIC_AS = "chorus public event 1"


class Unreadable(Exception):
    """The sealed message can't be opened; the text says why in words without content."""


def seal(message: bytes, enclosed: Enclosed, *, signing_key: Ed25519PrivateKey, sealing_key: bytes) -> bytes:
    """sealing_key: the addressee's public one."""
    content = signing_key.sign(_SIGNED_AS + message) + len(message).to_bytes(_LENGTH) + message
    padded = content.ljust(padded_length(len(content)), b"\0")
    sealed = _SUITE.encrypt(padded, X25519PublicKey.from_public_bytes(sealing_key), info=_binding(enclosed))
    return _FORM + key_id_of(sealing_key) + sealed


def unseal(sealed: bytes, enclosed: Enclosed, own: OwnKeys) -> tuple[bytes, bytes]:
    """The sealed message and its signature. enclosed: what it came as. Raises Unreadable."""
    if not sealed.startswith(_FORM):
        raise Unreadable("not a sealed message of a form that we know")
    start = len(_FORM) + _KEY_ID
    key = own.unsealing(sealed[len(_FORM) : start])
    if key is None:
        raise Unreadable("sealed to a key that is not ours")
    try:
        content = _SUITE.decrypt(sealed[start:], key, info=_binding(enclosed))
    except (InvalidTag, ValueError):
        raise Unreadable("the seal is broken, or the sealed message was sent as another message") from None
    signature, rest = content[:_SIGNATURE], content[_SIGNATURE + _LENGTH :]
    length = int.from_bytes(content[_SIGNATURE : _SIGNATURE + _LENGTH])
    if length > len(rest):
        raise Unreadable("the sealed message is cut off")
    return rest[:length], signature


def is_signed(message: bytes, signature: bytes, signing_key: bytes) -> bool:
    return is_signed_text(_SIGNED_AS + message, signature, signing_key)


def sign_public(said: "Said", signing_key: Ed25519PrivateKey) -> str:
    """The signature of a public event, as its header holds it."""
    return base64.b64encode(signing_key.sign(said.text)).decode()


def is_signed_public(said: "Said", signature: str, signing_keys: Iterable[bytes]) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(is_signed_text(said.text, raw, key) for key in signing_keys)


class Said(NamedTuple):
    """A public event as it crosses. All of it is signed, so that it can't be said by another, as another or at another
    time."""

    origin: str
    name: str
    event_id: str
    time: str
    """Its header's, "" without one."""
    body: bytes

    @property
    def text(self) -> bytes:
        return "\n".join((_PUBLIC_AS, self.origin, self.name, self.event_id, self.time, "")).encode() + self.body


def is_signed_text(text: bytes, signature: bytes, signing_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(signing_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _binding(enclosed: Enclosed) -> bytes:
    return f"chorus letter 1\n{enclosed.origin}\n{enclosed.to}\n{enclosed.event_id}".encode()
