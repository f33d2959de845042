"""One organisation for all of these tests: none of them may break it."""

from collections.abc import Iterator

import pytest

from tests.hostile.organisation import Organisation, opened


@pytest.fixture(scope="session")
def organisation() -> Iterator[Organisation]:
    with opened() as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_under_way(organisation: Organisation) -> None:
    """When a module begins, whatever went before it."""
    organisation.wait_until_quiet()
