"""What it costs to tell what waits: it is asked each minute, and after anything was done."""

from services.payments.asking.use_cases import tell
from tests.payments.support import World, person
from tests.support.plans import asked_of


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
