"""One organisation for all of these tests: none of them may break it."""

from collections.abc import Iterator

import pytest

from tests.hostile import house as houses


@pytest.fixture(scope="session")
def house() -> Iterator[houses.House]:
    with houses.opened() as house:
        yield house


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_under_way(house: houses.House) -> None:
    """When a module begins, whatever went before it."""
    house.wait_until_quiet()
