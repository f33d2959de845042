"""An instance of opportunities on a fresh database, without a broker."""

from collections.abc import AsyncIterator

import pytest

from services.opportunities import queries
from tests.opportunities.support import House, ages_known, house


@pytest.fixture
async def here(folder, service_database) -> AsyncIterator[House]:
    """Opportunities on real PostgreSQL; NATS is away, which its pages must bear."""
    built = house(folder, service_database("opportunities"))
    yield built
    await built.database.close()


@pytest.fixture(autouse=True)
def everyone_has_said_their_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's people need no card for PEO-03. Those who have one with an answer keep it; test_age.py is without this."""
    monkeypatch.setattr(queries, "age_known", ages_known(queries.age_known))
