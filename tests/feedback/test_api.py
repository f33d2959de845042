"""Past feedback from a file: whole or not at all, and imported twice it changes nothing."""

from pathlib import Path

from tests.feedback.support import World

DEMO = Path(__file__).parents[2] / "deploy" / "demo" / "feedback.csv"
HEADER = "reference,received on,about,name,words,may show,theme,ending,answer,answered on,board wording\n"


async def send(world: World, text: str | bytes, role: str = "operator"):
    return await world.visitor(role).post(
        "/feedback/api/import/feedback", content=text, headers={"content-type": "text/csv"}
    )


async def test_the_demo_file_is_imported_and_shown_and_twice_changes_nothing(world: World):
    first = await send(world, DEMO.read_bytes())
    assert (first.status_code, first.json()) == (200, {"added": 9, "changed": 0, "unchanged": 0})
    before = await world.value("SELECT count(*) FROM outbox")
    assert (await send(world, DEMO.read_bytes())).json() == {"added": 0, "changed": 0, "unchanged": 9}
    assert await world.value("SELECT count(*) FROM outbox") == before == 18
    board = (await world.visitor().get("/feedback/api/board")).json()
    assert (len(board["entries"]), board["waiting"], board["answered"]) == (7, 1, 8)
    assert "tiny print" not in str(board) and "Larkfield evening clinic" in str(board)
    assert (await world.visitor("coordinator").get("/feedback/staff")).text.count("Ouse Valley helpline") >= 1


async def test_fb_02_a_past_opportunity_is_linked_by_its_title_when_we_know_it(world: World):
    opportunity = await world.know_opportunity("Choosing a helpline")
    await send(
        world,
        HEADER
        + "1,01/10/2026,opportunity,choosing a Helpline,Good,no,,,,,\n2,01/10/2026,opportunity,Another,Good,no,,,,,\n",
    )
    assert await world.rows("SELECT opportunity_id, about_name FROM items ORDER BY about_name") == [
        (None, "Another"),
        (opportunity, "choosing a Helpline"),
    ]


async def test_a_wrong_file_says_what_is_wrong_by_row_and_changes_nothing(world: World):
    wrong = await send(
        world,
        HEADER
        + "1,01/10/2026,us,,Good,no,,,,,\n"
        + "2,01/10/2126,us,,Good,no,,,,,\n"
        + "3,01/10/2026,provider,,Good,no,,used,,02/10/2026,\n"
        + "4,01/10/2026,us,,Good,no,,used,Done,02/10/2026,People said ring 07700 900123\n",
    )
    assert wrong.status_code == 422
    problems = {(problem["row"], problem["column"]) for problem in wrong.json()["problems"]}
    assert problems == {(3, "received on"), (4, "name"), (4, "answer"), (5, "board wording")}
    assert await world.value("SELECT count(*) FROM items") == 0


async def test_cells_of_the_wrong_kind_are_told_in_plain_words(world: World):
    wrong = await send(world, HEADER + "1,yesterday,weather,,Good,perhaps,,maybe,,,\n")
    assert wrong.status_code == 422
    assert {problem["column"] for problem in wrong.json()["problems"]} == {"received on", "about", "may show", "ending"}


async def test_a_reference_that_says_something_else_now_is_refused(world: World):
    await send(world, HEADER + "1,01/10/2026,us,,Good,no,,,,,\n")
    wrong = await send(world, HEADER + "1,01/10/2026,us,,Bad,no,,,,,\n")
    assert wrong.status_code == 422 and wrong.json()["problems"][0]["column"] == "reference"
    assert await world.value("SELECT words FROM items") == "Good"


async def test_only_operators_import(world: World):
    for role in ("coordinator", "participant"):
        assert (await send(world, HEADER, role)).status_code == 403
    assert (await world.visitor().post("/feedback/api/import/feedback", content=HEADER)).status_code == 401


async def test_the_board_answers_json_and_a_wrong_filter_is_told(world: World):
    answer = await world.visitor().get("/feedback/api/board")
    assert answer.json() == {"entries": [], "waiting": 0, "overdue": 0, "answered": 0, "next_after": None}
    assert (await world.visitor().get("/feedback/api/board?opportunity=x")).status_code == 422
