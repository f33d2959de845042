"""A parked message that is tried again says why it failed, and one that can never be handled is closed."""

from typing import Any

from shared.messaging import steps
from tests.messaging.support import place_taken
from tests.operators import test_cli as cli
from tests.operators.test_pages import Organisation, organisation
from tests.support.apps import eventually

UNREADABLE = "invalid: unknown event type, or no event id"


async def parked(here: Organisation | cli.Organisation) -> dict[str, Any]:
    """A message of a known kind that has no id: nobody can ever handle it."""
    client = here.teller.nats()
    assert client is not None
    await client.publish("opportunities.place-taken.v1", place_taken().model_dump_json().encode())
    return await eventually(lambda: letter(here))


async def letter(here: Organisation | cli.Organisation) -> Any:
    rows = await here.listener.service.database.read(lambda tx: tx.all(cli.text("SELECT * FROM dead_letters")))
    return dict(rows[0]._mapping) if rows else None


async def test_a_message_tried_again_keeps_its_reason_and_counts_the_try(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        found = await parked(here)
        address = f"/operator/dead-letters/payments/{found['id']}"
        again = await here.browser.post(f"{address}/replay")
        assert again.status_code == 422
        assert UNREADABLE in again.text and "KeyError" not in again.text
        after = await letter(here)
        assert (after["reason"], after["deliveries"], after["tried_at"] is None) == (UNREADABLE, 2, False)


async def test_one_that_can_never_be_handled_is_closed_with_a_reason_and_the_service_is_well_again(
    folder, postgres, nats_server
):
    async with organisation(folder, postgres, nats_server) as here:
        found = await parked(here)
        address = f"/operator/dead-letters/payments/{found['id']}"
        unsaid = await here.browser.post(f"{address}/close")
        assert unsaid.status_code == 422 and "Choose why nobody will try it again" in unsaid.text
        done = await here.browser.post(f"{address}/close", data={"because": "stray"})
        assert (done.status_code, done.headers["location"]) == (303, "/operator/dead-letters")
        shown = await here.page(address)
        assert "somebody tried something out" in shown.text and not shown.select("form[action^='/operator']")
        assert "Closed" in (await here.page("/operator/dead-letters?all=true")).text
        assert "Every message was handled" in (await here.page("/operator")).text
        for step in ("close", "replay"):
            late = await here.browser.post(f"{address}/{step}", data={"because": "settled"})
            assert late.status_code == 422 and "It waits no longer" in late.text
        (closed,) = await here.listener.service.database.read(lambda tx: steps.find(tx, about=[found["id"]]))
        assert (closed["what"], closed["facts"], closed["actor_kind"]) == (
            "dead-letter-closed",
            {"because": "stray"},
            "person",
        )
        here.services["payments"] = "http://127.0.0.1:9"
        assert (await here.browser.post(f"{address}/close", data={"because": "stray"})).status_code == 422


async def test_the_command_line_closes_one_and_then_none_waits(folder, postgres, nats_server, monkeypatch):
    async with cli.organisation(folder, postgres, nats_server, monkeypatch) as here:
        found = await parked(here)
        assert (await here.chorus("dead-letters", "close", found["id"])).exit_code == 2
        code, told = await here.chorus_json("dead-letters", "close", found["id"], "--because", "unreadable")
        assert (code, told) == (0, {"closed": str(found["id"]), "service": "payments"})
        assert (await here.chorus("dead-letters", "list")).exit_code == 0
        assert "closed" in (await here.chorus("dead-letters", "list", "--all")).stdout
        code, told = await here.chorus_json("dead-letters", "close", found["id"], "--because", "stray")
        assert code == 1 and "It waits no longer" in told["error"]
