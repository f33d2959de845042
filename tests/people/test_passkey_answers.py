"""Answers of passkeys, by an authenticator made here: what a right one is refused for."""

import hashlib
import json
import struct
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from services.people.domain.passkeys import Site
from services.people.gateways import passkeys
from services.people.gateways.passkeys import WrongAnswer

SITE = Site("sun.example.org", "https://sun.example.org")
CHALLENGE, ID = b"c" * 32, b"i" * 16
KEY = generate_private_key(SECP256R1())
NUMBERS = KEY.public_key().public_numbers()
PUBLIC = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: NUMBERS.x.to_bytes(32, "big"), -3: NUMBERS.y.to_bytes(32, "big")})
PRESENT, HOLDS_KEY = 0x01, 0x40


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def client_data(kind: str, **more: Any) -> bytes:
    return json.dumps({"type": kind, "challenge": text(CHALLENGE), "origin": SITE.origin, **more}).encode()


def authenticator_data(flags: int, more: bytes = b"") -> bytes:
    return hashlib.sha256(SITE.rp_id.encode()).digest() + struct.pack(">BI", flags, 7) + more


def credential(response: dict[str, bytes]) -> str:
    shown = {name: text(value) for name, value in response.items()}
    return json.dumps({"id": text(ID), "rawId": text(ID), "type": "public-key", "response": shown})


def made(**more: Any) -> str:
    attested = authenticator_data(PRESENT | HOLDS_KEY, bytes(16) + struct.pack(">H", len(ID)) + ID + PUBLIC)
    attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": attested})
    return credential({"clientDataJSON": client_data("webauthn.create", **more), "attestationObject": attestation})


def given(**more: Any) -> str:
    said, data = client_data("webauthn.get", **more), authenticator_data(PRESENT)
    signed = KEY.sign(data + hashlib.sha256(said).digest(), ECDSA(SHA256()))
    return credential({"clientDataJSON": said, "authenticatorData": data, "signature": signed})


@pytest.mark.parametrize("more", [{}, {"crossOrigin": False}])
def test_a_right_answer_is_taken(more: dict[str, Any]) -> None:
    assert passkeys.made(made(**more), SITE, CHALLENGE).credential_id == ID
    assert passkeys.counter_in(given(**more), SITE, CHALLENGE, PUBLIC) == 7


@pytest.mark.parametrize("more", [{"crossOrigin": True}, {"topOrigin": "https://evil.example"}])
def test_what_was_asked_for_within_another_organisations_page_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(WrongAnswer):
        passkeys.made(made(**more), SITE, CHALLENGE)
    with pytest.raises(WrongAnswer):
        passkeys.counter_in(given(**more), SITE, CHALLENGE, PUBLIC)
