"""An item ends with its host's answer (NET-02, FB-04)."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update

from services.feedback.domain.facts import Answer
from services.feedback.domain.network import NO_WORDS, as_answer
from services.feedback.tables import asked_hosts, responses
from services.feedback.use_cases.items import end
from shared.db import Transaction, new_id


async def end_as_host_did(tx: Transaction, row: Row[Any], asked: Row[Any]) -> None:
    """row: the locked item; asked: its host, with the answer that we heard. The giver hears it like any answer."""
    answer = asked.heard_answer.strip() or NO_WORDS
    await tx.execute(update(asked_hosts).where(asked_hosts.c.item_id == row.item_id).values(ended_by_host=True))
    if asked.heard_ending == "spam":
        await end(tx, row, "spam", reason=answer)
    else:
        ending = as_answer(asked.heard_ending)
        await end(tx, row, ending, response_id=await _keep(tx, asked, ending, answer))


async def _keep(tx: Transaction, asked: Row[Any], ending: Answer, answer: str) -> UUID:
    response_id = new_id()
    await tx.execute(
        insert(responses).values(
            response_id=response_id,
            ending=ending,
            text=answer,
            answered_by="provider",
            answered_by_name=asked.host_name,
            written_on=tx.today,
            written_by_kind=tx.actor.kind,
            written_by_id=tx.actor.id,
        )
    )
    return response_id
