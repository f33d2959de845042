"""A people service of each test's own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.identity import Role
from tests.people.support import World, running_people
from tests.support.apps import signed_in


@pytest.fixture
async def people(folder: Path, service_database: Callable[[str], str]) -> AsyncIterator[World]:
    """Without a broker: signing in, joining and all pages must do without."""
    async with running_people(folder, service_database("people")) as running:
        yield running


@pytest.fixture
def importer(people: World) -> Callable[..., Any]:
    signed_in(people.client, Role.OPERATOR)

    async def post(text: str) -> httpx.Response:
        return await people.client.post(
            "/people/api/import/people", content=text.encode(), headers={"content-type": "text/csv"}
        )

    return post
