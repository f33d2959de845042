"""Organisations and their hub on one machine."""

from collections.abc import Iterator

import pytest

from tests.network.region import next_door


@pytest.fixture(scope="module", autouse=True)
def _next_door() -> Iterator[None]:
    with next_door():
        yield
