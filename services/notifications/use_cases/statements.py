"""Following statements between organisations: which of them wait for finance (NET-03)."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.notifications.domain.statements import happening_of_answer_to_us, happening_of_our_answer
from services.notifications.tables import statements
from services.notifications.use_cases import tasks
from shared.db import Transaction
from shared.events import network, payments
from shared.messaging.handling import Unfit
from shared.reasons import NotYet


async def hear_issued(tx: Transaction, event: payments.StatementIssued) -> None:
    """Keeps the organisation that we sent it to: only it can answer."""
    await tx.execute(insert(statements).values(statement_id=event.statement_id, host=event.to).on_conflict_do_nothing())


async def hear_answered_to_us(tx: Transaction, event: network.StatementAnswered) -> None:
    """The host's figures differ from ours until it says that they are the same. NotYet if we know no such statement;
    Unfit if it is not theirs to answer."""
    host = await tx.scalar(select(statements.c.host).where(statements.c.statement_id == event.statement_id))
    if host is None:
        raise NotYet("the statement that is answered")
    if host != event.origin:
        raise Unfit("NET-02: the statement was sent to another organisation")
    await tasks.follow(tx, happening_of_answer_to_us(event.state), event.statement_id, event.version)


async def hear_answered_by_us(tx: Transaction, event: payments.StatementAnswered) -> None:
    """A task until finance says that what we owe a home organisation was paid."""
    happening = happening_of_our_answer(event.state, total_pence=event.total_pence)
    await tasks.follow(tx, happening, event.statement_id, event.version)
