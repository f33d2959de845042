"""What somebody was sending when their sign-in expired, kept for half an hour and sealed with a secret in their
browser. Never bank details."""

import hashlib
import json
import os
import re
import secrets
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
from shared.web.saying import SAID_FIELD, Said, name_of_date, read_said

KEPT_FOR = timedelta(minutes=30)
LARGEST, MOST_FIELDS = 64 * 1024, 300  # characters
MOST_HELD = 3  # by one browser
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


def said_in(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What a draft holds, for its writer to recognise: what they typed, without what the page itself put beside it.
    What they chose has words only on its own page: here it would read "in-app"."""
    labels, dates = said_of(fields).labels, _dates(fields)
    return [
        (labels.get(name) or _name_of(name), value)
        for name, value in dates
        if value.strip() and name not in _OF_THE_PAGE and not (_ID.search(value) or _is_chosen(value))
    ]


def said_of(fields: Sequence[tuple[str, str]]) -> Said:
    """What the form called itself, its button and its fields, when it was first sent."""
    return next((read_said(value) for name, value in fields if name == SAID_FIELD), Said())


def _dates(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """A date's three boxes as one."""
    found: dict[str, list[str]] = {}
    whole: list[tuple[str, str]] = []
    for name, value in fields:
        if date := name_of_date(name):
            if date not in found:
                whole.append((date, ""))
            found.setdefault(date, []).append(value)
        else:
            whole.append((name, value))
    return [(name, " ".join(found[name]) if name in found and not value else value) for name, value in whole]


def _name_of(field: str) -> str:
    name = _ID.sub("", field).replace("_", " ").replace("-", " ").strip()
    return _NAMES.get(name) or name.capitalize()


def _is_chosen(value: str) -> bool:
    return bool(_CHOICE.fullmatch(value) or _TOKEN.fullmatch(value))


_NAMES = {"pence": "Amount in pounds", "words": "What you wrote", "why": "What worries you"}
_CHOICE = re.compile(r"[a-z]+([-_][a-z0-9]+)*")

_OF_THE_PAGE = frozenset({SAID_FIELD, "idempotency_key", "mark", "seen", "over_seen", "shown", "read", "agreement"})
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[\w.-]{32,}")


async def keep(
    tx: Transaction, held: Sequence[str], draft: Draft, sign_in_id: UUID, now: datetime, *, signed_in: bool = False
) -> list[str] | None:
    """Keeps one draft for the person, and for whoever they were helping. sign_in_id: their sign-in, or the last one on
    this device. held: the secrets that the browser holds. Returns those that it holds now.

    Anybody can send something from a device whose owner has gone: so a draft never takes the place of another unless
    its writer is signed in, or has signed in since it was kept. None if the browser holds too many, or if there is no
    such sign-in any more, because nobody knows whose draft it is."""
    typed_by = await tx.first(select(sign_ins).where(sign_ins.c.id == sign_in_id))
    if typed_by is None:
        return None
    secret_of = {_id(secret): secret for secret in held}
    here = drafts.c.id.in_(secret_of), drafts.c.person_id == typed_by.person_id
    seen = drafts.c.expires_at < (now if signed_in else typed_by.began_at) + KEPT_FOR
    await tx.execute(delete(drafts).where(*here, seen))
    waiting = await tx.all(select(drafts.c.id).where(drafts.c.id.in_(secret_of), drafts.c.expires_at > now))
    if len(waiting) >= MOST_HELD:
        return None
    secret = secrets.token_urlsafe(32)
    nonce = os.urandom(_NONCE)
    values = {
        "person_id": typed_by.person_id,
        "acting_for": typed_by.acting_for,
        "content": nonce + AESGCM(_key(secret)).encrypt(nonce, json.dumps(asdict(draft)).encode(), None),
        "expires_at": now + KEPT_FOR,
    }
    await tx.execute(insert(drafts).values(id=_id(secret), **values))
    return [*(secret_of[row.id] for row in waiting), secret]


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
