"""Joining through the pages."""

from typing import Any

import httpx

from tests.people.support import World

ANSWERS = {
    "name": {"name": "Grace O’Neill"},
    "email": {"email": "grace@example.org"},
    "over-18": {"over_18": "yes"},
    "area": {"area": "March"},
    "think": {"think": "yes"},
    "hopes-why": {"hopes_why": ["learn", "meet-people"]},
    "hopes-how": {"hopes_how": ["online"]},
    "hopes-time": {"hopes_time": "monthly"},
    "hopes-paid": {},
    "hopes-help": {"hopes_help": []},
}


async def answer_all(client: httpx.AsyncClient, **changes: dict[str, Any]) -> httpx.Response:
    """Go through joining as a browser does; returns the last answer before the agreement."""
    answer = await client.post("/people/join")
    while not answer.headers["location"].endswith("/agree"):
        step = answer.headers["location"].rpartition("/")[2]
        shown = await client.get(answer.headers["location"])
        assert shown.status_code == 200, shown.text
        answer = await client.post(answer.headers["location"], data=changes.get(step, ANSWERS[step]))
        assert answer.status_code == 303, answer.text
    return answer


async def join(people: World, email: str = "grace@example.org") -> httpx.Response:
    await answer_all(people.client, email={"email": email})
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    assert asked.status_code == 303, asked.text
    return await people.client.post(asked.headers["location"], data={"code": people.mails.code_for(email)})


async def the_person(people: World) -> Any:
    [row] = await people.rows("SELECT * FROM people")
    return row
