"""One organisation for all of these tests: none of them may break it."""

from collections.abc import Iterator

import pytest

from tests.hostile import house as houses


@pytest.fixture(scope="session")
def house() -> Iterator[houses.House]:
    with houses.opened() as house:
        yield house
