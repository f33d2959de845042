"""PEO-04: nobody is in two lists, or twice in one, unseen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.people.lists import everybody
from tests.people.support import World

HEAD = "Name,Email,Phone,Over 18,Same person\n"
LENA = "Lena Moss,,07700 900216,yes,\n"


@pytest.mark.parametrize(
    "row",
    ["Lena Moss,,07700900216", "Lena Moss,,7700900216", "Lena  Moss,,+44 7700 900216", "LENA MÓSS,,0044 7700 900216"],
)
async def test_peo_04_someone_without_email_is_one_person_however_their_number_is_written(
    people: World, importer: Callable[..., Any], row: str
) -> None:
    assert (await importer(HEAD + LENA)).json()["added"] == 1
    assert (await importer(f"{HEAD}{row},yes,\n")).json()["added"] == 0
    assert len(await everybody(people)) == 1


@pytest.mark.parametrize(
    "row", ["Lena Mos,,07700 900216", "Lena Moss,,07700 900217", "Lena Moss,lena@example.org,07700900216"]
)
async def test_peo_04_a_near_match_is_asked_about_and_the_answer_holds(
    people: World, importer: Callable[..., Any], row: str
) -> None:
    await importer(HEAD + LENA)
    asked = await importer(f"{HEAD}{row},yes,\n")
    assert (asked.status_code, asked.json()["problems"][0]["column"], len(await everybody(people))) == (
        422,
        "same person",
        1,
    )
    assert (await importer(f"{HEAD}{row},yes,yes\n")).json()["added"] == 0
    assert (await importer(f"{HEAD}Lena Mo,,07700 900216,yes,no\n")).json()["added"] == 1


@pytest.mark.parametrize(
    "second",
    ["Nia Orr,,07700900217", "Nia  Orr,,+447700900217", "Nia Or,,07700 900217", "Nia Orr,nia@example.org,7700900217"],
)
async def test_peo_04_nobody_stands_in_one_list_twice_unseen(
    people: World, importer: Callable[..., Any], second: str
) -> None:
    answer = await importer(f"{HEAD}Nia Orr,,07700 900217,yes,\n{second},yes,\n")
    assert (answer.status_code, [(each["row"], each["column"]) for each in answer.json()["problems"]]) == (
        422,
        [(3, "same person")],
    )
    assert (await importer(f"{HEAD}Nia Orr,,07700 900217,yes,\n{second},yes,no\n")).json()["added"] == 2


async def lena(people: World, importer: Callable[..., Any], row: str, held: str = LENA) -> list[dict[str, Any]]:
    """The problems of a second list; [] where it is taken."""
    assert (await importer(HEAD + held)).status_code == 200
    return (await importer(f"{HEAD}{row}\n")).json().get("problems", [])


@pytest.mark.parametrize(
    ("held", "row"),
    [
        ("Łukasz Nowak,,07700 900218", "Lukasz Nowak,,+44 7700 900218"),
        ("Sean O'Brien,,07700 900219", "Sean O’Brien,,07700-900-219"),
        ("Владимир Ким,,07700 900220", "Vladimir Kim,,07700 900220"),
        ("Ðorđe Ilić,,07700 900221", "Dorde  Ilic,,07700 900221"),
    ],
)
async def test_peo_04_one_person_however_their_name_is_written(
    people: World, importer: Callable[..., Any], held: str, row: str
) -> None:
    assert await lena(people, importer, f"{row},yes,", f"{held},yes,\n") == []
    assert len(await everybody(people)) == 1


@pytest.mark.parametrize(
    "row",
    [
        "Moss Lena,,07700 900216",
        "L. Moss,,07700 900216",
        "Lena,,07700 900216",
        "Ben Moss,,07700 900216",
        "Moss Lena,,07700 900299",
        "Lena Moss,lena@example.org,",
    ],
    ids=["swapped", "initial", "first-name", "mother-and-son", "swapped-other-number", "address-and-no-number"],
)
async def test_peo_04_what_may_be_one_person_is_asked_and_neither_joined_nor_doubled(
    people: World, importer: Callable[..., Any], row: str
) -> None:
    assert [each["column"] for each in await lena(people, importer, f"{row},yes,")] == ["same person"]
    [kept] = await everybody(people)
    assert (kept.name, kept.version) == ("Lena Moss", 1)


async def test_peo_04_one_number_of_two_quite_different_names_is_two_people(
    people: World, importer: Callable[..., Any]
) -> None:
    assert await lena(people, importer, "Omar Hall,,07700 900216,yes,") == []
    assert len(await everybody(people)) == 2


async def test_peo_04_a_household_that_shares_an_address_is_not_made_one_person(
    people: World, importer: Callable[..., Any]
) -> None:
    held = "Lena Moss,home@example.org,07700 900216,yes,\n"
    assert [each["column"] for each in await lena(people, importer, "Omar Hall,home@example.org,,yes,", held)] == [
        "same person"
    ]
    refused = await importer(f"{HEAD}Omar Hall,home@example.org,,yes,no\n")
    assert [(each["column"], "only one person can sign in" in each["text"]) for each in refused.json()["problems"]] == [
        ("email", True)
    ]
    assert [each.name for each in await everybody(people)] == ["Lena Moss"]


async def test_peo_04_two_rows_about_one_person_we_hold_are_a_problem(
    people: World, importer: Callable[..., Any]
) -> None:
    await importer("name,email\nAda Byron,ada@example.org\n")
    await people.write("UPDATE people SET email = 'new@example.org', version = 1")
    again = await importer("name,email\nAda Byron,ada@example.org\nAda Byron,new@example.org\n")
    assert (again.status_code, [each["row"] for each in again.json()["problems"]]) == (422, [3])
