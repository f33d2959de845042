"""What it costs to tell what waits: it is asked each minute, and after anything was done."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from services.payments.asking.queries import Touched, touched
from services.payments.asking.use_cases import tell, tell_of_what_was_done
from shared.db import first_id_of, new_id
from shared.messaging import steps
from tests.payments.support import World, person
from tests.support.plans import asked_of
from tests.support.statements import rows_read


async def test_pay_10_what_waits_is_told_in_as_many_statements_however_much_there_is(world: World) -> None:
    counts: list[int] = []
    for _ in range(3):
        for _ in range(2 * len(counts) + 1):
            await world.submitted(person(), recognition="vouchers")
            await world.approved(person(), recognition="vouchers")
        with asked_of(world.database) as asked:
            await world.do(tell)
        counts.append(len(asked.statements))
    assert len(await world.rows("SELECT 1 FROM money_waits WHERE kind IN ('decision', 'release')")) == 18
    assert counts[1] == counts[2] <= counts[0]


async def test_peo_05_telling_of_a_deed_reads_what_it_touched_and_not_all_that_waits(world: World) -> None:
    read: list[int] = []
    for more in (1, 9):
        for _ in range(more):
            await world.submitted(person(), recognition="vouchers")
            await world.approved(person(), recognition="vouchers")
        since = new_id()
        await world.submitted(person(), recognition="vouchers")
        with rows_read(world.database) as rows:
            await world.do(partial(tell_of_what_was_done, since=since))
        read.append(sum(rows))
    assert read[0] == read[1] > 0
    await world.do(tell)
    assert len(await world.rows("SELECT 1 FROM money_waits WHERE kind = 'decision'")) == 12


async def test_peo_05_what_was_done_is_told_as_a_look_at_everything_would_tell_it(world: World) -> None:
    """After each deed, nothing is left for the look at everything."""
    one, two, other = person(), person(), person()
    deeds: list[Callable[[], Awaitable[Any]]] = [
        lambda: world.submitted(one, recognition="vouchers"),
        lambda: world.approved(two),
        lambda: world.approved(other, recognition="vouchers"),
        world.run,
        lambda: world.submitted(two),
        lambda: world.approved(one, recognition="vouchers"),
        world.sent_run,
    ]
    told = 0
    for deed in deeds:
        since = new_id()
        await deed()
        await world.do(partial(tell_of_what_was_done, since=since))
        told = len(await world.events("money-waits"))
        await world.do(tell)
        assert len(await world.events("money-waits")) == told
    assert told >= len(deeds)


async def test_peo_05_of_something_else_everything_is_looked_at(world: World) -> None:
    assert await world.read(touched, new_id()) == Touched(frozenset(), frozenset())
    since, who = new_id(), person()
    claim_id = await world.submitted(who, recognition="vouchers")
    found = await world.read(touched, since)
    assert found is not None and who.id in found.people and not found.runs
    await world.do(partial(steps.add, what="bank-statement-thrown-away", about=new_id()))
    assert await world.read(touched, since) is None
    assert claim_id and first_id_of(timedelta(seconds=1)) < since < new_id()
