"""A list of people."""

from typing import Any

from tests.people.support import World


async def everybody(people: World) -> list[Any]:
    return await people.rows("SELECT * FROM people ORDER BY name")
