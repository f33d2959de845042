"""However many messages could not be handled, each is listed: by the page and by the command line."""

import pytest
from sqlalchemy import text

from shared.db import SYSTEM, Command, Transaction
from shared.messaging import steps
from shared.service import Service
from tests.operators import test_cli, test_pages


async def parked(service: Service, first: int, last: int) -> None:
    statement = (
        "INSERT INTO dead_letters (id, consumer, stream, stream_sequence, subject, headers, body, reason, deliveries, "
        "parked_at)"
        " SELECT gen_random_uuid(), 'c', 'S', n, 'many.v1', '{}', '{}', 'failed', 1, now() FROM "
        "generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"
    )

    async def work(tx: Transaction) -> None:
        await tx.execute(text(statement), {"first": first, "last": last})

    await service.database.run(Command("park", SYSTEM), work)


async def test_every_parked_message_is_on_some_page_once_while_more_are_parked(
    folder, postgres, nats_server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shared.messaging.dead_letters.A_PAGE", 3)
    async with test_pages.organisation(folder, postgres, nats_server) as here:
        service = here.listener.service
        await parked(service, 1, 8)
        wanted = {
            str(row.id) for row in await service.database.read(lambda tx: tx.all(text("SELECT id FROM dead_letters")))
        }
        seen: list[str] = []
        where: str | None = "/operator/dead-letters?all=true"
        while where:
            page = await here.page(where)
            seen += [str(link["href"]).rpartition("/")[2] for link in page.select("a[href*='/dead-letters/payments/']")]
            further = page.select("a[rel=next]")
            assert not further or "all=true" in str(further[0]["href"])
            where = f"/operator/dead-letters{further[0]['href']}" if further else None
            await parked(service, 100 + len(seen), 100 + len(seen))
    assert len(seen) == len(set(seen)) and set(seen) == wanted


async def test_the_command_line_lists_every_parked_message(
    folder, postgres, nats_server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shared.messaging.dead_letters.A_PAGE", 3)
    async with test_cli.organisation(folder, postgres, nats_server, monkeypatch) as here:
        await parked(here.listener.service, 1, 8)
        _, told = await here.chorus_json("dead-letters", "list")
        assert len({each["id"] for each in told["dead_letters"]}) == len(told["dead_letters"]) == 8


async def test_a_way_with_more_steps_than_are_asked_for_at_once_says_so(
    folder, postgres, nats_server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(steps, "MOST_FOUND", 2)
    async with test_cli.organisation(folder, postgres, nats_server, monkeypatch) as here:
        claim_id = test_cli.new_id()

        async def work(tx: Transaction) -> None:
            for _ in range(4):
                await steps.add(tx, "claim-looked-at", about=claim_id)

        await here.teller.database.run(Command("look", SYSTEM), work)
        _, told = await here.chorus_json("trace", claim_id)
        assert not told["whole"] and any("more than" in problem for problem in told["problems"])
