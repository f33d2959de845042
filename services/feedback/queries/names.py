"""What people are called."""

import re
from collections.abc import Collection
from uuid import UUID

from anyascii import anyascii
from sqlalchemy import ARRAY, Text, cast, func, select

from services.feedback.domain.who_reads import WORKS_HERE
from services.feedback.tables import cards
from shared.db import Transaction, one_of
from shared.text import number_of, told_apart

_PLAIN = {code: plain for code in range(0xDF, 0x250) if chr(code).islower() and len(plain := anyascii(chr(code))) == 1}
"""Letters with accents, and those that people without them on their keyboards type: Łukasz becomes Lukasz."""


async def staff_names(tx: Transaction, also: Collection[UUID] = ()) -> list[tuple[UUID, str]]:
    """The people who work here now, and these besides: who may look after safeguarding, or be ticked in a concern."""
    works_here = cards.c.roles.overlap(sorted(WORKS_HERE)) | one_of(cards.c.person_id, also)
    rows = await tx.all(
        select(cards.c.person_id, cards.c.name).where(works_here).order_by(cards.c.name, cards.c.person_id)
    )
    shown = told_apart([(row.name, f"our number {number_of(row.person_id)}") for row in rows])
    return [(row.person_id, name) for row, name in zip(rows, shown, strict=True)]


async def names_in(tx: Transaction, words: str) -> list[str]:
    """NET-02: everybody we know whose name, or part of it, is in these words: for staff who read them before they
    cross."""
    tokens = sorted({token.lower().translate(_PLAIN) for token in re.findall(r"[^\W\d_][\w'’-]+", words)})
    plain = func.translate(func.lower(cards.c.name), "".join(map(chr, _PLAIN)), "".join(_PLAIN.values()))
    parts = func.string_to_array(plain, " ")
    rows = await tx.all(
        select(cards.c.name).where(parts.op("&&")(cast(tokens, ARRAY(Text)))).distinct().order_by(cards.c.name)
    )
    return [row.name for row in rows]


async def names_of(tx: Transaction, people: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.all(select(cards.c.person_id, cards.c.name).where(one_of(cards.c.person_id, people)))
    return {row.person_id: row.name for row in rows}
