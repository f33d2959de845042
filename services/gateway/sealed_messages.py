"""Sealed messages: what goes into one, the newest about each thing that came, and their contents for the service they
are for.

What a sealed message says is never written down here: it is unsealed each time that it is asked for (NET-02).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import delete, func, select, text

from services.gateway import sealing, tables
from services.gateway.crossings import BY_NAME, content_of
from services.gateway.domain import Enclosed
from services.gateway.keys import OwnKeys
from services.gateway.organisations import KeyRing
from shared.bulk import put_rows
from shared.db import Transaction, one_of
from shared.events.base import Fact, OrganisationName

ASKED_AT_MOST = 500
ANSWER_AT_MOST = 700_000
"""Bytes of one answer: what goes beyond is left out, and asked for again."""


class SealedMessage(Fact):
    """What is sealed. Texts of events and contents are in it as JSON, so that they are read as events are."""

    origin: OrganisationName
    to: OrganisationName
    event_id: UUID
    name: str
    time: str | None = None
    traceparent: str | None = None
    event: str
    content: str | None = None
    content_version: int | None = None

    @property
    def enclosed(self) -> Enclosed:
        return Enclosed(self.origin, self.to, str(self.event_id))


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A sealed message as it came, of which the newest is kept."""

    origin: str
    name: str
    aggregate_id: UUID
    version: int
    event_id: UUID
    sealed: bytes


def unsealed(sealed: bytes, enclosed: Enclosed, own: OwnKeys) -> tuple[SealedMessage, bytes, bytes]:
    """The sealed message, its text as signed, and the signature. Raises Unreadable."""
    message, signature = sealing.unseal(sealed, enclosed, own)
    try:
        return SealedMessage.model_validate_json(message), message, signature
    except ValueError:
        raise sealing.Unreadable("what is sealed is no message of ours") from None


async def keep(tx: Transaction, sealed_messages: Sequence[KeptMessage]) -> None:
    """Keep the newest of each; an older one changes nothing."""
    newest = {
        (message.origin, message.name, message.aggregate_id): message
        for message in sorted(sealed_messages, key=lambda message: message.version)
    }
    now = datetime.now(UTC)
    rows = [
        {**asdict(message), "sealed": f"\\x{message.sealed.hex()}", "changed_at": now} for message in newest.values()
    ]
    await put_rows(tx, tables.sealed_messages, rows, there="newer")


async def forget_old(tx: Transaction, days: int) -> None:
    await tx.execute(
        delete(tables.sealed_messages).where(
            tables.sealed_messages.c.changed_at < func.clock_timestamp() - text(f"interval '{int(days)} days'")
        )
    )


class Asked(BaseModel):
    origin: OrganisationName
    id: UUID


class Question(BaseModel):
    """What a service asks on `gateway.contents.<service>`."""

    name: str
    asked: list[Asked] = Field(max_length=ASKED_AT_MOST)


async def contents_for(service: str, question: Question, ring: KeyRing, us: str, database: Any) -> dict[str, Any]:
    """The newest contents that we hold of what the service asks for; nothing of what is another service's.

    {"contents": {"<origin>/<id>": {"version": 3, "content": {...}}}}; what is not there yet is left out.
    """
    event = BY_NAME.get(question.name)
    if event is None or event.owner != service or (model := content_of(event)) is None:
        return {"contents": {}}
    columns, wanted = tables.sealed_messages.c, {(asked.origin, asked.id) for asked in question.asked}
    origins, ids = ({pair[part] for pair in wanted} for part in (0, 1))
    found = select(tables.sealed_messages).where(
        columns.name == question.name, one_of(columns.origin, origins), one_of(columns.aggregate_id, ids)
    )
    rows = await database.read(lambda tx: tx.all(found))
    contents: dict[str, Any] = {}
    size = 0
    for row in rows:
        if (row.origin, row.aggregate_id) not in wanted:
            continue
        try:
            message, _, _ = unsealed(row.sealed, Enclosed(row.origin, us, str(row.event_id)), ring.own)
        except sealing.Unreadable:  # its key was turned so often that it is gone
            continue
        assert message.content is not None
        size += len(message.content)
        if contents and size > ANSWER_AT_MOST:
            break
        content = model.model_validate_json(message.content)
        contents[f"{row.origin}/{row.aggregate_id}"] = {
            "version": message.content_version,
            "content": content.model_dump(mode="json"),
        }
    return {"contents": contents}
