"""What holds when things happen at once, and that the invariants find what is wrong."""

import asyncio
from collections import Counter

import pytest
from openapi_spec_validator import validate
from sqlalchemy.exc import IntegrityError

from services.people.invariants import INVARIANTS
from tests.people.support import World, a_person


async def test_many_tries_of_a_code_at_once_count_as_five(people: World) -> None:
    await a_person(people)
    page = await people.ask_for_code("ada@example.org")
    answers = await asyncio.gather(*[people.visitor().post(page, data={"code": "x"}) for _ in range(12)])
    said = Counter("run out" if "This code has run out" in answer.text else "wrong" for answer in answers)
    assert said == {"wrong": 5, "run out": 7}


async def test_one_code_typed_twice_at_once_signs_in_once(people: World) -> None:
    await a_person(people)
    page = await people.ask_for_code("ada@example.org")
    code = people.mails.code_for("ada@example.org")
    answers = await asyncio.gather(*[people.visitor().post(page, data={"code": code}) for _ in range(4)])
    assert Counter(answer.status_code for answer in answers) == {303: 1, 422: 3}
    assert len(await people.rows("SELECT id FROM sessions")) == 1


async def test_one_address_joined_twice_at_once_is_one_person(people: World) -> None:
    """Whoever comes second is the person that the first one made."""
    pages = []
    for number in range(3):
        visitor = people.visitor()
        await visitor.post("/people/join")
        for step, data in {
            "name": {"name": "Grace"},
            "email": {"email": "grace@example.org"},
            "over-18": {"over_18": "yes"},
        }.items():
            await visitor.post(f"/people/join/{step}", data=data)
        asked = await visitor.post("/people/join/agree", data={"agreed": "yes"})
        pages.append((visitor, asked.headers["location"], people.mails.code_for("grace@example.org"), number))
    answers = await asyncio.gather(*[visitor.post(page, data={"code": code}) for visitor, page, code, _ in pages])
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len(await people.rows("SELECT id FROM people")) == 1
    assert await people.broken() == {}


async def test_two_people_with_one_address_cannot_be_kept(people: World) -> None:
    await a_person(people)
    with pytest.raises(IntegrityError, match="uq_people_email"):
        await a_person(people, "Ada again", "ADA@EXAMPLE.ORG")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people SET channels = '{}'",
        "UPDATE people SET email = NULL, channels = '{email}'",
        "UPDATE people SET format = 'braille'",
        "UPDATE people SET version = 0",
    ],
)
async def test_the_database_itself_refuses_what_no_rule_allows(people: World, statement: str) -> None:
    await a_person(people)
    with pytest.raises(IntegrityError):
        await people.write(statement)


BREAKS = {
    "every version of a person was told to the others": "UPDATE people SET version = 2",
    "whoever joined by themselves has agreed to it (PRI-02)": "UPDATE consents SET purpose = 'under-18-agreements'",
    "whoever joined by themselves is 18 or over (PEO-03)": "UPDATE people SET over_18 = NULL",
    "someone under 18 is here only with the agreements for it (PEO-03)": "UPDATE people SET over_18 = false",
    "a sign-in that ended is refused by us too": "UPDATE sessions SET ended_at = now()",
    "a code that was used was used in time": "UPDATE sign_in_codes SET used_at = expires_at",
}


@pytest.mark.parametrize("sentence", BREAKS)
async def test_an_invariant_finds_what_is_wrong(people: World, sentence: str) -> None:
    await people.client.post("/people/join")
    for step, data in {
        "name": {"name": "Grace"},
        "email": {"email": "grace@example.org"},
        "over-18": {"over_18": "yes"},
    }.items():
        await people.client.post(f"/people/join/{step}", data=data)
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("grace@example.org")})
    await people.sign_in("grace@example.org")
    assert await people.broken() == {}
    await people.write(BREAKS[sentence])
    assert sentence in await people.broken()


def test_every_invariant_that_the_database_does_not_enforce_is_tried() -> None:
    assert INVARIANTS.keys() - BREAKS.keys() == {"there is a way to reach everyone (NOT-01)"}


async def test_the_api_describes_itself(people: World) -> None:
    described = (await people.client.get("/people/api/openapi.json")).json()
    validate(described)
    assert {"/people/api/me", "/people/api/import/people", "/people/.well-known/jwks.json"} <= described["paths"].keys()
