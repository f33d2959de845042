"""What a service says of a consumer that it cannot reach: what is missing and what NATS does not allow look alike, so
it says what to do."""

from types import SimpleNamespace
from typing import Any

from shared.operations import readiness


async def _nobody(*_: Any, **__: Any) -> Any:
    raise TimeoutError


async def test_readiness_says_what_to_do_where_nats_does_not_answer_for_want_of_rights():
    reached = SimpleNamespace(is_connected=True, jetstream=lambda timeout: SimpleNamespace(consumer_info=_nobody))
    service = SimpleNamespace(
        name="payments",
        database=SimpleNamespace(read=_nobody),
        consumers=SimpleNamespace(owners=lambda: ["people"]),
        checks={},
        nats=lambda: reached,
    )
    said = (await readiness(service))["consumer payments-people"]
    assert "TimeoutError" in said and "chorus prepare --nats-config" in said and "chorus provision" in said
