"""What every service does again and again costs no more after ten years than on the first day: no job reads a table
that only grows from end to end."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.provisioning.parts import DATABASES, SERVICES
from shared.messaging import dead_letters
from shared.service import Service
from tests.architecture.test_ended_sign_ins import app_of
from tests.support.plans import asked_of

STAYS_SMALL = {
    "feedback": {"drafts", "limit_counts", "namings"},
    "notifications": {"limit_counts"},
    "opportunities": {"limit_counts", "organisations", "withdrawals"},
    "payments": {"limit_counts", "money_waits", "organisations"},
    "people": {"doors", "drafts", "given_lists", "joinings", "limit_counts", "passkey_challenges", "sign_in_codes"},
}
"""Tables that hold only what has not run out yet, or what waits now, or a row for each organisation, or each time that
somebody was named lead."""


@contextlib.asynccontextmanager
async def at_rest(part: str, folder: Path, database_url: str, nats_server: Any) -> AsyncIterator[Service]:
    """The service with nothing of it running: what is asked of its database is what the test asks."""
    app, _ = app_of(part, folder, database_url, nats_server)
    service: Service = app.state.service
    try:
        yield service
    finally:
        await service.database.close()


@pytest.mark.parametrize("part", SERVICES)
async def test_no_job_reads_a_table_that_only_grows_from_end_to_end(
    part: str, folder: Path, service_database: Callable[[str], str], nats_server
) -> None:
    async with at_rest(part, folder, service_database(part), nats_server) as service:
        whole: dict[str, set[str]] = {}
        for job in service.jobs:
            with asked_of(service.database) as asked:
                await service.run_job(job)
            whole[job.name] = await asked.read_whole(service.database) - STAYS_SMALL.get(part, set())
    assert len(whole) > 2
    assert {name: found for name, found in whole.items() if found} == {}


@pytest.mark.parametrize("part", sorted(DATABASES))
async def test_operators_read_a_page_of_parked_messages_however_many_there_are(
    part: str, folder: Path, service_database: Callable[[str], str], nats_server
) -> None:
    async with at_rest(part, folder, service_database(part), nats_server) as service:
        for too, index in ((False, "ix_dead_letters_waiting"), (True, "ix_dead_letters_parked_at")):
            with asked_of(service.database) as asked:
                await service.database.read(lambda tx, too=too: dead_letters.waiting(tx, replayed_too=too))
            assert await asked.in_order_of(service.database) == {index}
