"""What all pages share: commands with idempotency keys, whose pages they show, and which staff see them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, ClassVar, TypeVar
from uuid import UUID, uuid5

from fastapi import Depends

from shared.db import Command, Transaction, new_id
from shared.identity import Role, SignIn, only
from shared.web import Form

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[T]]
MoneyStaff = Annotated[SignIn, Depends(only(Role.APPROVER, Role.FINANCE))]
ConfirmedMoneyStaff = Annotated[SignIn, Depends(only(Role.APPROVER, Role.FINANCE, recently=True))]
"""Confirmed: for what decides about money, lets it go, or shows bank details. They gave their second factor within 15
minutes."""


class KeyForm(Form):
    """A form that moves money carries the id of its command."""

    messages: ClassVar[dict[str, str]] = {"idempotency_key": "This form is too old. Open the page again."}
    idempotency_key: UUID


def command(name: str, who: SignIn, key: UUID | None = None, *about: UUID) -> Command:
    """key is the form's. Bound to who sends it and what it is about, so that it counts for this one thing only."""
    if key is None:
        return Command(name, who.actor)
    return Command(name, who.actor, uuid5(key, ":".join([name, str(who.person_id), *map(str, about)])))


def as_shown(still_as_shown: Work[None], work: Work[T]) -> Work[T]:
    """Does the work only if things are as the page showed them: still_as_shown refuses otherwise, under a lock that
    the work keeps."""

    async def both(tx: Transaction) -> T:
        await still_as_shown(tx)
        return await work(tx)

    return both


def owner_of(who: SignIn) -> UUID:
    """Whose pages these are: one's own, or those of the person one helps (PEO-02)."""
    return who.acting_for or who.person_id


def new_key() -> UUID:
    return new_id()
