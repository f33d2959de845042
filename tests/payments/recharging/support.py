"""What tests of recharges share."""

from typing import Any

from services.payments.recharging.use_cases import statements
from tests.payments.network import HOME, HOST, Guest, Region

RAISED = "payments.recharge-raised.v1"


async def raised(region: Region) -> Any:
    """The recharge that home has raised and that has not crossed."""
    [(subject, event)] = await region.waiting(HOME)
    assert subject == RAISED
    return event


async def answers(region: Region) -> list[tuple[str, str, int]]:
    """What the host has said of recharges, as (state, because, pence)."""
    return [
        (row["state"], row["because"], row["accepted_pence"]) for row in await region.host.events("recharge-answered")
    ]


async def guests_paid(region: Region, count: int, **facts: Any) -> list[Guest]:
    """So many guests at one session, paid at home, and their recharges accepted."""
    opportunity = await region.shared()
    found = [await region.attended(opportunity, **facts) for _ in range(count)]
    for guest in found:
        await region.paid(guest)
    await region.carry()
    return found


async def both(region: Region) -> tuple[Any, Any]:
    return await region.statement(region.home), await region.statement(region.host)


async def pay(region: Region) -> None:
    received = await region.statement(region.host)
    await region.host.do(statements.mark_paid, received.id, by=region.host.finance)


async def confirm(region: Region) -> None:
    issued = await region.statement(region.home)
    await region.home.do(statements.confirm_money, issued.id, by=region.home.finance)


async def states(region: Region) -> tuple[str, str]:
    issued, received = await both(region)
    return issued.state, received.state


# Forged, repeated, inflated: another organisation's input


async def paid_guest(region: Region) -> tuple[Guest, Any]:
    guest = await region.attended(await region.shared())
    await region.paid(guest)
    return guest, await raised(region)


async def refused_by_host(region: Region, event: Any, because: str, origin: str = HOME) -> None:
    await region.hear(HOST, RAISED, event.model_copy(update={"origin": origin}))
    assert (await answers(region))[-1] == ("refused", because, 0)
    assert await region.balance(region.host, "recharge-payable") == 0
