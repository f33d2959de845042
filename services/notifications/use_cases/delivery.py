"""The worker that hands messages over. It waits on `people` and the mail server with no transaction open."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from services.notifications.domain.channels import EMAIL, IN_APP, channels_for
from services.notifications.gateways import letters, standing
from services.notifications.gateways.letters import Draft
from services.notifications.gateways.mail import Mailer, Outcome, mailer
from services.notifications.queries import told
from services.notifications.use_cases import handover
from shared.db import SYSTEM, Command, new_id
from shared.mail import PROBLEMS
from shared.service import Service

BATCH = 100
IN_FLIGHT = 4
"""Connections to the mail server at once."""
LONGEST_GOODBYE = 40.0
"""When the service stops, seconds allowed to finish a mail that the server is just taking."""

T = TypeVar("T")


async def hand_over(service: Service) -> None:
    """Hands over all that are due, a batch at a time. Gives up for now if `people` or the mail server is away."""
    while await _hand_over_batch(service):
        pass


async def _hand_over_batch(service: Service) -> bool:
    """True if there may be more to do at once."""
    lease = new_id()
    leased = await service.database.run(
        Command("lease-messages", SYSTEM), lambda tx: handover.lease_messages(tx, lease, BATCH)
    )
    in_app = [row.message_id for row in leased if row.channel == IN_APP]
    mails = [row.message_id for row in leased if row.channel == EMAIL]
    if in_app:
        await service.database.run(
            Command("deliver-in-app", SYSTEM), lambda tx: handover.deliver_in_app(tx, lease, in_app)
        )
    went = await _hand_over_mails(service, lease, mails) if mails else True
    return went and len(leased) == BATCH


async def _hand_over_mails(service: Service, lease: UUID, message_ids: list[UUID]) -> bool:
    drafts = await service.database.read(lambda tx: told.drafts(tx, message_ids))
    try:
        addresses = await _addresses(service, drafts)
    except (ConnectionError, TimeoutError) as error:
        service.log.warning("addresses-not-to-be-had", error=type(error).__name__, messages=len(drafts))
        await _give_back(service, lease, message_ids)
        return False
    reasons = await standing.reasons_to_mail(service.requests, drafts)
    shares = [drafts[number::IN_FLIGHT] for number in range(min(IN_FLIGHT, len(drafts)))]
    async with asyncio.TaskGroup() as group:
        under_way = [group.create_task(_hand_over_share(service, lease, share, addresses, reasons)) for share in shares]
    return all(share.result() for share in under_way)


async def _addresses(service: Service, drafts: Sequence[Draft]) -> dict[str, str]:
    """Email addresses by person id, asked now and kept nowhere."""
    people = sorted({str(draft.card.person_id) for draft in drafts})
    answer = await service.requests("people.addresses.notifications", {"person_ids": people})
    return {person_id: held["email"] for person_id, held in answer["addresses"].items() if held.get("email")}


async def _hand_over_share(
    service: Service,
    lease: UUID,
    share: Sequence[Draft],
    addresses: dict[str, str],
    reasons: dict[UUID, Sequence[str]],
) -> bool:
    """One connection's part of a batch, one mail after the other."""
    left = [draft.message_id for draft in share]
    assert service.mail is not None
    try:
        async with mailer(service.mail) as connection:
            for draft in share:
                address, why = addresses.get(str(draft.card.person_id)), reasons.get(draft.message_id, ())
                await _to_the_end(_hand_over_one(service, connection, lease, draft, address, why))
                left.remove(draft.message_id)
    except PROBLEMS as error:
        service.log.warning("mail-server-away", error=type(error).__name__, messages=len(left))
        await _give_back(service, lease, left)
        return False
    return True


async def _hand_over_one(
    service: Service, connection: Mailer, lease: UUID, draft: Draft, address: str | None, why: Sequence[str]
) -> None:
    if EMAIL not in channels_for(draft.card, draft.kind, draft.chosen):
        return await _record(service, lease, draft, "unwanted")
    if not draft.still_true:
        return await _record(service, lease, draft, "overtaken")
    if address is None:
        return await _record(service, lease, draft, "no-address")
    try:
        mail = letters.as_mail(draft, address, service.settings, why)
    except ValueError:  # `people` holds something that is no address
        return await _record(service, lease, draft, "no-address")
    except Exception as error:  # a template that does not fit its facts must not hold back other mails
        service.log.error(
            "message-not-written", template=draft.template, message=str(draft.message_id), error=type(error).__name__
        )
        return await _record(service, lease, draft, "later")
    mark = Command("mark-handing-over", SYSTEM)
    if await service.database.run(mark, lambda tx: handover.mark_handing_over(tx, lease, draft.message_id)):
        await _record(service, lease, draft, await connection.hand_over(mail, address))


async def _record(service: Service, lease: UUID, draft: Draft, outcome: Outcome | handover.NotTried) -> None:
    """Tried for half a minute, so that a mail that has gone out does not become unknown because the database was just
    restarted."""
    for attempt in range(6):
        try:
            command = Command("record-outcome", SYSTEM)
            return await service.database.run(
                command, lambda tx: handover.record_outcome(tx, lease, draft.message_id, outcome)
            )
        except (DBAPIError, OSError) as error:
            service.log.warning("outcome-not-recorded", outcome=outcome, attempt=attempt, error=type(error).__name__)
            await asyncio.sleep(2**attempt * 0.5)
    service.log.error("outcome-lost", outcome=outcome, message=str(draft.message_id))


async def _give_back(service: Service, lease: UUID, message_ids: Sequence[UUID]) -> None:
    await service.database.run(
        Command("give-back-messages", SYSTEM), lambda tx: handover.give_back(tx, lease, message_ids)
    )


async def _to_the_end(work: Awaitable[T]) -> T:
    """When the service is asked to stop, finishes what has begun; only a crash leaves a message unknown."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LONGEST_GOODBYE)
        raise
