"""What waits at another service for somebody of ours: a task while it does, and no word to anybody."""

from services.notifications.use_cases import tasks
from shared.db import Transaction
from shared.events.opportunities import AgeWaits, ListingHeld, ListingSettled, WorkWaits
from shared.events.payments import PaymentsPerhapsGone


async def follow_listing(tx: Transaction, event: ListingHeld | ListingSettled) -> None:
    due_at = event.due_at if isinstance(event, ListingHeld) else None
    await tasks.follow(tx, event.name, event.listing_id, event.version, due_at=due_at)


async def follow_work(tx: Transaction, event: WorkWaits) -> None:
    happening = f"{event.kind}-{'waits' if event.waiting else 'done'}"
    await tasks.follow(tx, happening, event.about, event.version, opportunity_id=event.opportunity_id, due_at=event.due_at)


async def follow_age(tx: Transaction, event: AgeWaits) -> None:
    happening = "age-waits" if event.waiting else "age-done"
    await tasks.follow(tx, happening, event.person_id, event.version, person_id=event.person_id, due_at=event.due_at)


async def follow_payments(tx: Transaction, event: PaymentsPerhapsGone) -> None:
    happening = "payments-perhaps-gone" if event.waiting else "payments-settled"
    await tasks.follow(tx, happening, event.run_id, event.version, due_on=event.look_by if event.waiting else None)
