"""What waits at another service for somebody here: it is a task for as long, and nobody gets a message."""

from services.notifications.domain.tasks import Addressee, happening_of_money, task_of_money
from services.notifications.tables import task_limits
from services.notifications.use_cases import tasks
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.opportunities import AgeWaits, ListingHeld, ListingSettled, WorkWaits
from shared.events.payments import MoneyWaits, PaymentsPerhapsGone, WordWanted


async def hear_listing(tx: Transaction, event: ListingHeld | ListingSettled) -> None:
    due_at = event.due_at if isinstance(event, ListingHeld) else None
    await tasks.follow(tx, event.name, event.listing_id, event.version, due_at=due_at)


async def hear_work(tx: Transaction, event: WorkWaits) -> None:
    happening = f"{event.kind}-{'waits' if event.waiting else 'done'}"
    await tasks.follow(
        tx, happening, event.about, event.version, opportunity_id=event.opportunity_id, due_at=event.due_at
    )


async def hear_age(tx: Transaction, event: AgeWaits) -> None:
    happening = "age-waits" if event.waiting else "age-done"
    await tasks.follow(tx, happening, event.person_id, event.version, person_id=event.person_id, due_at=event.due_at)


async def hear_payments(tx: Transaction, event: PaymentsPerhapsGone) -> None:
    happening = "payments-perhaps-gone" if event.waiting else "payments-settled"
    await tasks.follow(tx, happening, event.run_id, event.version, due_on=event.look_by if event.waiting else None)


async def hear_word(tx: Transaction, event: WordWanted) -> None:
    """FB-09, PAY-02: a task of those who have the concern about the claim, until one of them says if its miles are
    right; if that is nobody, an administrator names another lead."""
    happening = "word-given" if not event.waiting else "word-wanted" if event.people else "word-of-nobody"
    to = Addressee(frozenset(event.people)) if event.people else None
    await tasks.follow(tx, happening, event.about, event.version, to=to, due_on=event.due_on)


async def hear_money(tx: Transaction, event: MoneyWaits) -> None:
    """PAY-10, PAY-12: who may not do what waits; and the tasks of payment runs, each with its day."""
    kind = task_of_money(event.kind)
    if kind is not None:
        limit = {"version": event.version, "not_for": list(event.not_for), "blocked": not event.waiting}
        await keep_newest(tx, task_limits, {"kind": kind, "about": event.about}, limit)
        return
    happening = happening_of_money(event.kind, waiting=event.waiting, nothing_leaves=event.nothing_leaves)
    to = Addressee(role="finance", except_for=frozenset(event.not_for))
    await tasks.follow(tx, happening, event.about, event.version, to=to, due_on=event.due_on, number=event.number)
