"""Our own copies of others' matters follow what their owners say, and keep what claims speak of."""

from typing import Any

from services.payments.register.use_cases import copies
from shared.db import new_id
from shared.events.opportunities import OpportunityChanged
from tests.payments.support import World, person


async def test_opp_16_a_session_that_is_gone_goes_here_too_unless_somebody_was_at_it(world: World) -> None:
    published = await world.opportunity()
    [attended] = published.sessions
    await world.opened(person(), opportunity=published)
    called_off, instead = (attended.model_copy(update={"session_id": new_id()}) for _ in range(2))
    for version, sessions in (
        (2, (attended, called_off)),
        (4, (instead,)),
        (3, (called_off,)),
    ):  # the older one comes late
        said: dict[str, Any] = {
            **published.model_dump(),
            "version": version,
            "sessions": sessions,
            "changed": ("time",),
            "reason": "The room has closed.",
        }
        changed = OpportunityChanged(**said)
        await world.do(lambda tx, event=changed: copies.keep_opportunity(tx, event))
    rows = await world.rows("SELECT session_id FROM sessions WHERE opportunity_id = :id", id=published.opportunity_id)
    assert {row.session_id for row in rows} == {attended.session_id, instead.session_id}
