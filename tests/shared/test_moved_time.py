"""In production, health and `chorus doctor` say that business time was moved, however it was set up."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.clock import BusinessClock
from shared.operations import notices


async def _fine() -> str:
    return "ok"


@pytest.mark.parametrize(
    ("mode", "offset", "said"),
    [
        ("production", timedelta(0), {"business time": "ok"}),
        ("production", timedelta(hours=25), {"business time": "was moved ahead by 2 days, as only a demo's may be"}),
        ("demo", timedelta(days=9), {}),
    ],
)
async def test_business_time_that_was_moved_in_production_is_a_notice(
    mode: str, offset: timedelta, said: dict[str, str]
):
    service: Any = SimpleNamespace(
        settings=SimpleNamespace(mode=mode), clock=BusinessClock(offset), notices={"hub": _fine}
    )
    assert await notices(service) == {"hub": "ok", **said}
