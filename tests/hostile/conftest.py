"""One organisation for all of these tests: none of them may break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.organisation import Organisation, opened

_HERE = Path(__file__).parent
_TO_LIVE_IN = 400
"""Seconds: whichever of these tests comes first on its worker waits until the whole story is told, which takes two
minutes where others are at work too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TO_LIVE_IN))


@pytest.fixture(scope="session")
def organisation() -> Iterator[Organisation]:
    with opened() as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_under_way(organisation: Organisation) -> None:
    """When a module begins, whatever went before it."""
    organisation.wait_until_quiet()
