"""What somebody was sending when their sign-in expired, kept for half an hour and sealed with a secret in their
browser. Never bank details."""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.people.tables import drafts, sign_ins
from shared.db import Transaction

KEPT_FOR = timedelta(minutes=30)
LARGEST, MOST_FIELDS = 64 * 1024, 300  # characters
_NONCE = 12
_BANK_PAGES = re.compile(r"^/payments/bank-details(/|$)")
_CODES = re.compile(r"^/people/(confirm|second-step|sign-in|session|me/email/)")
"""Codes typed here are secret and short-lived."""
_BANK_FIELDS = re.compile(r"sort|account|iban|bic|bank", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """path: where it was going. came_from: the page where it was typed, or blank. incomplete: files or bank details
    were left out."""

    path: str
    came_from: str
    fields: Sequence[tuple[str, str]]
    incomplete: bool = False

    def __repr__(self) -> str:
        return "Draft(...)"


def may_keep(path: str, fields: Sequence[tuple[str, str]]) -> bool:
    """Bank details and codes must be typed again."""
    too_much = len(fields) > MOST_FIELDS or sum(len(name) + len(value) for name, value in fields) > LARGEST
    return (
        not too_much
        and not _BANK_PAGES.match(path)
        and not _CODES.match(path)
        and not any(_BANK_FIELDS.search(name) for name, _ in fields)
    )


async def keep(tx: Transaction, secret: str, draft: Draft, sign_in_id: UUID, now: datetime) -> bool:
    """Keeps one draft for the person, and for whoever they were helping. sign_in_id: the sign-in that expired.

    False if there is no such sign-in any more, because nobody knows whose draft it is."""
    typed_by = await tx.first(select(sign_ins.c.person_id, sign_ins.c.acting_for).where(sign_ins.c.id == sign_in_id))
    if typed_by is None:
        return False
    await tx.execute(delete(drafts).where(drafts.c.person_id == typed_by.person_id))
    nonce = os.urandom(_NONCE)
    values = {
        "person_id": typed_by.person_id,
        "acting_for": typed_by.acting_for,
        "content": nonce + AESGCM(_key(secret)).encrypt(nonce, json.dumps(asdict(draft)).encode(), None),
        "expires_at": now + KEPT_FOR,
    }
    await tx.execute(insert(drafts).values(id=_id(secret), **values))
    return True


async def find(tx: Transaction, secret: str, person_id: UUID, acting_for: UUID | None) -> Draft | None:
    """The draft that this browser holds, if it is this person's and they help the same person now. Nobody else who
    signs in here sees it."""
    row = await _row(tx, secret, person_id)
    return None if row is None or row.acting_for != acting_for else _opened(row, secret)


async def theirs(tx: Transaction, secret: str, person_id: UUID) -> Draft | None:
    """The same, whomever they were helping when they typed it."""
    row = await _row(tx, secret, person_id)
    return None if row is None else _opened(row, secret)


async def _row(tx: Transaction, secret: str, person_id: UUID) -> Row[Any] | None:
    mine = drafts.c.id == _id(secret), drafts.c.person_id == person_id, drafts.c.expires_at > func.clock_timestamp()
    return await tx.first(select(drafts).where(*mine))


def _opened(row: Row[Any], secret: str) -> Draft | None:
    try:
        content = json.loads(AESGCM(_key(secret)).decrypt(row.content[:_NONCE], row.content[_NONCE:], None))
    except (InvalidTag, ValueError):
        return None
    return Draft(
        content["path"],
        content["came_from"],
        [(name, value) for name, value in content["fields"]],
        content["incomplete"],
    )


async def drop(tx: Transaction, secret: str) -> None:
    await tx.execute(delete(drafts).where(drafts.c.id == _id(secret)))


def _id(secret: str) -> bytes:
    return hashlib.sha256(b"id:" + secret.encode()).digest()


def _key(secret: str) -> bytes:
    return hashlib.sha256(b"key:" + secret.encode()).digest()
