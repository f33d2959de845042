"""A list of people given on a page: read by a job, what is near is asked about, and nothing is lost half way
(PEO-04)."""

import re
from typing import Any

import httpx
import pytest

from services.people.use_cases import given_lists, keeping
from services.people.use_cases.signing_in import forget_what_ran_out
from shared.identity import Role
from tests.people.support import World, a_person
from tests.support import marks
from tests.support.apps import eventually, signed_in
from tests.support.marks import mark_of

HERE = "/people/staff/lists"
HEAD = "name,email,phone\n"


async def give(people: World, text: str, *, now: bool = True) -> str:
    """The page of the list, once it is not being read any more. now: not when the job comes to it by itself."""
    signed_in(people.client, Role.OPERATOR)
    answer = await people.client.post(HERE, files={"file": ("people.csv", text.encode(), "text/csv")})
    assert answer.status_code == 303, answer.text
    await settled(people, now=now)
    return answer.headers["location"]


async def settled(people: World, *, now: bool = True) -> None:
    async def nothing_waits() -> bool:
        return not await people.rows("SELECT id FROM given_lists WHERE state = 'waiting'")

    if now:
        [job] = [job for job in people.service.jobs if job.name == "take-in-lists"]
        await people.service.run_job(job)
    await eventually(nothing_waits)


async def shown(people: World, path: str) -> str:
    answer = await people.client.get(path)
    assert answer.status_code == 200, answer.headers
    return answer.text


async def send(people: World, path: str, **data: str) -> httpx.Response:
    page = path.removesuffix("/take-in")
    marks = mark_of(await people.client.get(page), path) if page != path else {}
    answer = await people.client.post(path, data=data | marks)
    assert answer.status_code == 303, answer.text
    await settled(people)
    return answer


async def names(people: World) -> list[str]:
    return [row.name for row in await people.rows("SELECT name FROM people ORDER BY name")]


async def test_a_clear_list_is_taken_in_and_its_file_is_deleted(people: World) -> None:
    page = await shown(people, await give(people, HEAD + "Ada Byron,ada@example.org,\nNoor Ahmed,,07700 900200\n"))
    assert "The list is taken in" in page and await names(people) == ["Ada Byron", "Noor Ahmed"]
    [kept] = await people.rows("SELECT state, file, counts FROM given_lists")
    assert (kept.state, kept.file, kept.counts["added"]) == ("done", None, 2)
    [step] = await people.steps("import-people")
    assert step.actor_kind == "person" and "Ada" not in str(step.facts)


async def test_what_is_wrong_is_told_by_row_and_nothing_is_taken_in(people: World) -> None:
    page = await shown(people, await give(people, "first name,surname,email\nAda,,ada@example.org\nNoor,Ahmed,noor\n"))
    assert "The surname is blank" in page and ">2<" in page and await names(people) == []


NEAR = (
    HEAD
    + "Robin Marsh,,07700 900111\nMaya Cole,,07700 900222\nTess Hill,,07700 900333\nTessa Hill,,07700 900333\nVera "
    "Lane,shared@example.org,07700 900444\n"
)


async def near(people: World) -> tuple[Any, Any, Any]:
    """Three whom we hold, each like a row of NEAR."""
    robin = await a_person(people, "Rob Marsh", None, phone="07700 900111")
    maya = await a_person(people, "M Cole", None, phone="07700 900222")
    owner = await a_person(people, "Ivan Petty", "shared@example.org", phone="07700 900555")
    return robin, maya, owner


async def test_peo_04_near_matches_are_answered_on_a_page_and_then_taken_in(people: World) -> None:
    robin, _, _ = await near(people)
    where = await give(people, NEAR)
    assert "4 people on the list may be" in await shown(people, where) and len(await names(people)) == 3
    page = await shown(people, f"{where}/questions")
    assert (
        "The same person: Rob Marsh" in page
        and "The same person as in row 4: Tess Hill" in page
        and "without the email address" in page
    )
    answers = {"answer-2-0": str(robin), "answer-3-0": "new", "answer-5-4": "same", "answer-6-0": "new"}
    assert (await send(people, f"{where}/questions", **answers)).headers["location"] == where
    assert "Take the list in" in await shown(people, where) and len(await names(people)) == 3
    await send(people, f"{where}/take-in")
    assert "Please look first at what it changes" in await shown(people, where) and len(await names(people)) == 3
    await send(people, f"{where}/take-in")
    assert "The list is taken in" in await shown(people, where)
    assert await names(people) == ["Ivan Petty", "M Cole", "Maya Cole", "Robin Marsh", "Tess Hill", "Vera Lane"]
    [vera] = await people.rows("SELECT email FROM people WHERE name = 'Vera Lane'")
    [kept] = await people.rows("SELECT counts FROM given_lists")
    assert vera.email is None and kept.counts == {
        "added": 3,
        "changed": 1,
        "unchanged": 0,
        "roles_to_confirm": 0,
        "left_out": 1,
    }
    assert await people.rows("SELECT * FROM list_questions") == []
    assert await people.broken() == {}


async def test_peo_04_who_stops_half_way_finds_the_list_and_their_answers_again(people: World) -> None:
    robin, _, _ = await near(people)
    where = await give(people, NEAR)
    await send(people, f"{where}/questions", **{"answer-2-0": str(robin)})
    signed_in(people.client, Role.OPERATOR)
    assert where in await shown(people, HERE) and "answered 1 of 4" in await shown(people, where)
    assert re.search(rf'value="{robin}"[^>]*checked', await shown(people, f"{where}/questions"))
    refused = await people.client.post(f"{where}/take-in")
    assert refused.status_code == 422 and "Answer all 3 left first" in refused.text
    assert len(await names(people)) == 3


async def test_peo_04_only_those_who_were_shown_can_be_chosen(people: World) -> None:
    _, maya, _ = await near(people)
    where = await give(people, NEAR)
    for wrong in (
        {"answer-2-0": str(maya)},
        {"answer-5-4": str(maya)},
        {"answer-99-0": "new"},
        {"answer-3-0": "new", "answer-2-0": "nobody"},
    ):
        refused = await people.client.post(f"{where}/questions", data=wrong)
        assert refused.status_code == 422 and "We kept nothing" in refused.text
        assert "answered 0 of 4" in await shown(people, where)


async def test_peo_04_who_became_like_a_row_meanwhile_is_asked_about_anew(people: World) -> None:
    await a_person(people, "Rob Marsh", None, phone="07700 900111")
    where = await give(people, HEAD + "Robin Marsh,,07700 900111\n")
    await send(people, f"{where}/questions", **{"answer-2-0": "new"})
    await a_person(people, "R Marsh", None, phone="07700 900111")
    await send(people, f"{where}/take-in")
    page = await shown(people, f"{where}/questions")
    assert "R Marsh" in page and "Rob Marsh" not in page and "Robin Marsh" not in await names(people)
    await send(people, f"{where}/questions", **{"answer-2-0": "new"})
    await send(people, f"{where}/take-in")
    assert await names(people) == ["R Marsh", "Rob Marsh", "Robin Marsh"]


async def test_two_rows_that_were_said_to_be_one_person_are_asked_about_and_one_is_left_out(people: World) -> None:
    robin = await a_person(people, "Robin Marsh", "robin@example.org", phone="07700 900111")
    where = await give(people, HEAD + "Robyn Marsh,,07700 900111\nMarsh Robin,,07700 900112\nRobin M,,07700 900111\n")
    for _ in range(4):
        if "The list is taken in" in await shown(people, where):
            break
        asked = re.findall(r'name="(answer-\d+-\d+)"[^>]*value="([^"]+)"', await shown(people, f"{where}/questions"))
        await send(people, f"{where}/questions", **dict(reversed(asked)))  # the first choice of each: the same person
        await send(people, f"{where}/take-in")
    assert [row.id for row in await people.rows("SELECT id FROM people")] == [robin]


async def test_many_questions_come_in_pages_and_the_next_is_the_first_left_open(people: World) -> None:
    many = given_lists.A_PAGE + 5
    for number in range(many):
        await a_person(people, f"Ash {number:03}", None, phone=f"07700 900{number:03}")
    where = await give(people, HEAD + "".join(f"A Person{number:03},,07700 900{number:03}\n" for number in range(many)))
    first = re.findall(
        r'name="(answer-\d+-0)" type="radio" value="new"', page := await shown(people, f"{where}/questions")
    )
    assert len(first) == given_lists.A_PAGE and "without saving" in page
    onward = (await send(people, f"{where}/questions", **dict.fromkeys(first, "new"))).headers["location"]
    rest = re.findall(r'name="(answer-\d+-0)" type="radio" value="new"', await shown(people, onward))
    assert len(rest) == 5 and not set(rest) & set(first)
    await send(people, onward, **dict.fromkeys(rest, "new"))
    await send(people, f"{where}/take-in")
    assert len(await names(people)) == 2 * many


async def test_the_page_that_waits_says_how_far_it_is_and_looks_again_by_itself(
    people: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(*_: Any) -> None: ...

    monkeypatch.setattr(people.app.state.taking_in, "carry_on", not_yet)
    monkeypatch.setattr(given_lists, "_next_waiting", not_yet)
    signed_in(people.client, Role.OPERATOR)
    where = (
        await people.client.post(HERE, files={"file": ("people.csv", b"name,email\nAda,ada@example.org\n", "text/csv")})
    ).headers["location"]
    waiting = await people.client.get(where)
    assert waiting.headers["refresh"] == "3" and "We are about to read it" in waiting.text
    [kept] = await people.rows("SELECT id FROM given_lists")
    people.app.state.taking_in.progress[kept.id] = given_lists.Progress("checked", 3_250)
    assert "3,250 rows checked so far" in (await people.client.get(where)).text


async def test_a_list_of_thousands_tells_how_far_it_is(people: World) -> None:
    heard: list[tuple[str, int]] = []

    class Heard(dict[Any, given_lists.Progress]):
        def __setitem__(self, key: Any, value: given_lists.Progress) -> None:
            heard.append((value.words, value.rows))
            super().__setitem__(key, value)

    people.app.state.taking_in.progress = Heard()
    await give(people, HEAD + "".join(f"Ash {number},a{number}@example.org,\n" for number in range(1_200)), now=False)
    assert {words for words, _ in heard} == {"read", "compared with those we hold", "checked", "taken in"}
    for words in ("read", "compared with those we hold", "checked", "taken in"):
        rows = [rows for each, rows in heard if each == words]
        assert rows == sorted(rows) and rows[-1] == 1_200 and len(rows) > 2


async def test_a_list_is_forgotten_after_a_week_and_can_be_deleted_before(people: World) -> None:
    await near(people)
    where = await give(people, NEAR)
    await send(people, f"{where}/drop")
    assert (
        await people.rows("SELECT * FROM given_lists") == [] and await people.rows("SELECT * FROM list_questions") == []
    )
    where = await give(people, NEAR)
    await people.write("UPDATE given_lists SET expires_at = now() - interval '1 second'")
    assert (await people.client.get(where)).status_code == 404
    await people.do(forget_what_ran_out)
    assert await people.rows("SELECT * FROM given_lists") == []


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.FINANCE, Role.PARTICIPANT])
async def test_lists_are_given_by_operators_alone(people: World, role: Role) -> None:
    signed_in(people.client, role)
    assert (await people.client.get(HERE)).status_code == 403
    assert (await people.client.post(HERE, files={"file": ("people.csv", b"name\n", "text/csv")})).status_code == 403


async def test_what_no_csv_is_is_told_on_the_page(people: World) -> None:
    assert "This is a spreadsheet file" in await shown(people, await give(people, "PK\x03\x04"))
    answer = await people.client.post(HERE, data={})
    assert answer.status_code == 422 and "Choose the file" in answer.text


async def test_peo_04_a_changed_name_of_somebody_we_hold_is_asked_about_and_not_taken_in_silence(people: World) -> None:
    wanda = await a_person(people, "Wanda Pryce", "wanda@example.org")
    here = await give(people, HEAD + "Wanda Price,wanda@example.org,\n")
    assert await names(people) == ["Wanda Pryce"]
    asked = await shown(people, f"{here}/questions")
    assert "The same person: Wanda Pryce" in asked and "Their name becomes Wanda Price." in asked
    await send(people, f"{here}/questions", **{"answer-2-0": str(wanda)})
    await send(people, f"{here}/take-in")
    assert await names(people) == ["Wanda Pryce"] and "Wanda Price" in await shown(people, f"{here}/changes")
    await send(people, f"{here}/take-in")
    assert await names(people) == ["Wanda Price"]


async def test_peo_04_answers_that_contradict_each_other_are_asked_anew_with_the_reason(people: World) -> None:
    maya = await a_person(people, "Maya Webb", None, phone="07700 900200")
    here = await give(people, HEAD + "Maya Web,,07700 900200\nM Webb,,07700 900200\n")
    answers = {"answer-2-0": str(maya), "answer-3-0": str(maya), "answer-3-2": "new"}
    await send(people, f"{here}/questions", **answers)
    await send(people, f"{here}/take-in")
    if "Look at your answers" not in (await shown(people, here)):
        await send(people, f"{here}/questions", **answers)
    again = await shown(people, f"{here}/questions")
    assert "Your answers do not fit together" in again and "row 3 and row 2 are two people" in again
    await send(people, f"{here}/questions", **{"answer-2-0": str(maya), "answer-3-0": "new"})
    await send(people, f"{here}/take-in")
    await send(people, f"{here}/take-in")
    assert "The list is taken in" in await shown(people, here)
    assert await names(people) == ["M Webb", "Maya Web"]


async def test_a_list_is_deleted_only_after_a_page_that_asks(people: World) -> None:
    await a_person(people, "Maya Webb", None, phone="07700 900200")
    here = await give(people, HEAD + "Maya Web,,07700 900200\n")
    assert f'href="{here}/drop"' in await shown(people, here)
    assert "Delete this list?" in await shown(people, f"{here}/drop")
    assert (await people.client.get(here)).status_code == 200
    assert "people.csv, given on" in await shown(people, HERE) and "The file: people.csv" in await shown(people, here)
    await people.write("UPDATE given_lists SET file_name = NULL")  # as the program before this one kept it
    assert "The list given on" in await shown(people, HERE) and "The file:" not in await shown(people, here)


CHANGED = "name,email,phone,area,over 18,roles,access needs,channels\n"


async def test_peo_04_every_change_of_each_person_is_shown_before_the_list_is_taken_in(people: World) -> None:
    ada = await a_person(people, "Ada Byron", "ada@example.org", phone="07700 900200", area="Ely")
    bo = await a_person(people, "Bo Lane", None, phone="07700 900201")
    await a_person(people, "Cy Mott", "cy@example.org")
    rows = (
        "Ada Byron,ada@example.org,07700 900299,March,yes,participant; approver,breaks,email\nBo "
        "Lane,bo@example.org,07700 900201,,,,,\n"
    )
    here = await give(people, CHANGED + rows + "Cy Mott,cy@example.org,,,,,,\nDee Fen,dee@example.org,,,,,,\n")
    if "Please look first" not in await shown(people, here):
        await send(people, f"{here}/questions", **{"answer-3-0": str(bo)})
        await send(people, f"{here}/take-in")
    assert await names(people) == ["Ada Byron", "Bo Lane", "Cy Mott"], "nothing is changed before somebody has looked"
    first = await shown(people, here)
    assert "Please look first at what it changes" in first and f'href="{here}/changes"' in first
    told = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", await shown(people, f"{here}/changes")))
    for words in (
        "07700 900200",
        "07700 900299",
        "Ely",
        "March",
        "18 or over",
        "nothing",
        "Breaks",
        "two administrators are asked to give this",
    ):
        assert words in told, words
    assert "bo@example.org" in told and "Cy Mott" not in told and "Dee Fen" not in told
    read = [
        (step.what, step.about)
        for step in await people.rows(
            "SELECT what, about FROM steps WHERE what IN ('contact-details-read', 'needs-read')"
        )
    ]
    assert set(read) == {("contact-details-read", ada), ("contact-details-read", bo), ("needs-read", ada)}, "PRI-03"
    await send(people, f"{here}/take-in")
    assert "The list is taken in" in await shown(people, here)
    assert [row.phone for row in await people.rows("SELECT phone FROM people WHERE name = 'Ada Byron'")] == [
        "07700 900299"
    ]
    assert (
        await people.rows("SELECT * FROM list_changes") == []
        and (await people.client.get(f"{here}/changes")).status_code == 303
    )


async def test_peo_04_who_changed_since_the_changes_were_shown_is_shown_anew(people: World) -> None:
    ada = await a_person(people, "Ada Byron", "ada@example.org", area="Ely")
    here = await give(people, "name,email,area\nAda Byron,ada@example.org,March\n")
    await people.do(keeping.change, ada, {"area": "Wisbech"})
    await send(people, f"{here}/take-in")
    assert "Wisbech" in await shown(people, f"{here}/changes")
    assert [row.area for row in await people.rows("SELECT area FROM people")] == ["Wisbech"]
    await send(people, f"{here}/take-in")
    assert [row.area for row in await people.rows("SELECT area FROM people")] == ["March"]


async def test_peo_04_a_list_is_taken_in_by_who_saw_what_it_changes_now(people: World) -> None:
    """Another operator pressed meanwhile, somebody had changed, and there is something else to look at."""
    ada = await a_person(people, "Ada Byron", "ada@example.org", area="Ely")
    here = await give(people, "name,email,area\nAda Byron,ada@example.org,March\n")
    open_page = await people.client.get(here)
    await people.do(lambda tx: keeping.change(tx, ada, {"area": "Wisbech"}))
    await send(people, f"{here}/take-in")
    for data in (mark_of(open_page), {}):
        late = await people.client.post(f"{here}/take-in", data=data)
        assert (late.status_code, marks.CHANGED in late.text) == (422, True)
    await settled(people)
    assert [row.area for row in await people.rows("SELECT area FROM people")] == ["Wisbech"]


async def test_many_changes_come_in_pages_and_none_is_left_out(people: World) -> None:
    many = given_lists.A_PAGE + 3
    for number in range(many):
        await a_person(people, f"Person {number}", f"p{number}@example.org", area="Ely")
    here = await give(
        people,
        "name,email,area\n" + "".join(f"Person {number},p{number}@example.org,March\n" for number in range(many)),
    )
    first = await shown(people, f"{here}/changes")
    [after] = re.findall(r'href="\?after=([^"]+)"', first)
    found = re.findall(r"Row (\d+): ", first + await shown(people, f"{here}/changes?after={after}"))
    assert list(dict.fromkeys(map(int, found))) == list(range(2, many + 2))
