"""Whatever changes how somebody is reached ends their other sign-ins and tells the address held until then. People who
had none are told by the way they had (`ContactEntered`)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text, update

from services.people.domain.contacts import changes_to_say, changes_to_tell, ends_because
from services.people.domain.sign_in import EndedBecause
from services.people.tables import notices
from services.people.use_cases import keeping
from shared.bulk import put_rows
from shared.db import Transaction, new_id
from shared.events.people import ContactEntered
from shared.identity import OPERATOR_TOOL
from shared.messaging import outbox, steps

MOST_TRIES = 48
_AT_ONCE = 20
_NOW = text("SELECT clock_timestamp()")


async def of_changes(
    tx: Transaction,
    changes: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    *,
    by_another: bool,
    keep: UUID | None = None,
) -> None:
    """changes: (the person's row before, the changed answers) each. keep: the sign-in that made the change. Mails go
    after the commit."""
    told = [(before, changes_to_tell(before, after, by_another=by_another)) for before, after in changes]
    ended: dict[EndedBecause, list[UUID]] = {}
    for before, what in told:
        if set(what) - {"name"}:
            ended.setdefault(ends_because(what), []).append(before["id"])
    for because, whose in ended.items():
        await keeping.end_sign_ins_of(tx, *whose, because=because, keep=keep)
    now = await tx.scalar(_NOW)
    await put_rows(
        tx,
        notices,
        [
            {
                "id": new_id(),
                "person_id": before["id"],
                "address": before["email"],
                "what": what,
                "signed_out": what != ["name"],
                "tries": 0,
                "due_at": now,
            }
            for before, what in told
            if what and before["email"]
        ],
    )
    by = tx.actor.id
    if by is not None and by != OPERATOR_TOOL:
        said = [(before["id"], changes_to_say(before, after, by_another=by_another)) for before, after in changes]
        entered = [
            ContactEntered(version=1, change_id=new_id(), person_id=each, entered_by=by, **asdict(what))
            for each, what in said
            if what
        ]
        await outbox.add_all(tx, entered)


async def take_due(tx: Transaction) -> Sequence[Row[Any]]:
    """Notices that are due. Each is tried again after some minutes, then hours, until told() is called."""
    now = func.now()  # the same for every row, so that an index serves
    due = (
        select(notices.c.id)
        .where(notices.c.due_at <= now)
        .order_by(notices.c.due_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    later = now + func.least(notices.c.tries + 1, 12) * timedelta(minutes=5)
    return await tx.all(
        update(notices).where(notices.c.id.in_(due)).values(tries=notices.c.tries + 1, due_at=later).returning(notices)
    )


async def told(tx: Transaction, notice: Row[Any], *, given_up: bool = False) -> None:
    """The mail server took it, or has failed for two days, which is written down."""
    await tx.execute(delete(notices).where(notices.c.id == notice.id))
    await steps.add(tx, "change-not-told" if given_up else "change-told", about=notice.person_id, questions=notice.what)
