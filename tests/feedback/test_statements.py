"""No page takes a statement for each row: twelve rows take as many statements as three."""

import httpx

from shared.db import new_id
from tests.feedback.support import World, give
from tests.feedback.test_lists import many
from tests.support.statements import counted

FEW, MORE = 3, 9


async def counts(world: World, visitor: httpx.AsyncClient, paths: list[str]) -> dict[str, int]:
    """How many statements each of the pages takes."""
    taken: dict[str, int] = {}
    for path in paths:
        with counted(world.service.database) as seen:
            assert (await visitor.get(path)).status_code == 200, path
        taken[path.split("?")[0]] = len(seen)
    return taken


async def test_lists_of_feedback_take_as_many_statements_for_twelve_rows_as_for_three(world: World):
    me, theme, taken = new_id(), new_id(), list[dict[str, int]]()
    await world.write("INSERT INTO themes (theme_id, name) VALUES (:id, 'Rooms')", id=theme)
    staff, public = world.visitor("coordinator", "participant", person_id=me), world.visitor()
    items: list[str] = []
    for number in (FEW, MORE):
        items += await many(world, number, theme=theme)
        await many(world, number, giver=me)
        await many(world, number, ended=True, theme=theme)
        for about in range(number):
            await give(
                world.visitor("participant", person_id=await world.know_person("Ash", "participant")),
                opportunity=await world.know_opportunity(str(about)),
            )
            await world.write(
                "INSERT INTO themes (theme_id, name) VALUES (:id, :name)", id=new_id(), name=f"{number} {about}"
            )
        everything = "&".join(f"items={item}" for item in items)
        lists = [
            "/staff",
            "/staff/ended",
            "/staff/themes",
            f"/staff/themes/{theme}",
            f"/staff/{items[0]}/join",
            f"/staff/answer?{everything}",
            "/mine",
        ]
        lists += [f"/staff/{items[0]}", f"/staff/{items[0]}/theme", f"/staff/{items[0]}/safeguarding"]
        taken.append(
            await counts(world, staff, [f"/feedback{path}" for path in lists])
            | await counts(world, public, ["/feedback/board", "/feedback/api/board"])
        )
    assert taken[0] == taken[1]


async def test_a_response_to_twelve_takes_as_many_statements_as_to_three(world: World):
    staff, taken = world.visitor("coordinator"), list[int]()
    for number in (FEW, MORE):
        items = await many(world, number)
        answered = {"items": items, "ending": "used", "text": "We did.", "said": "It was cold.", "checked": "yes"}
        assert (await staff.post("/feedback/staff/answer", data=answered)).status_code == 303
        response = await world.value("SELECT response_id FROM items WHERE item_id = CAST(:id AS uuid)", id=items[0])
        taken += (await counts(world, staff, [f"/feedback/staff/responses/{response}"])).values()
    assert taken[0] == taken[1]


async def test_fb_09_concerns_take_as_many_statements_for_twelve_as_for_three(world: World):
    lead, deputy = await world.know_person("Lowri", "coordinator"), await world.know_person("Dee", "coordinator")
    await world.name_leads(lead, deputy)
    leading, staff, taken = (
        world.visitor("coordinator", person_id=lead),
        world.visitor("coordinator"),
        list[dict[str, int]](),
    )
    for number in (FEW, MORE):
        for item in await many(world, number):
            raised = await staff.post(
                f"/feedback/staff/{item}/safeguarding", data={"why": "It says that somebody was hurt."}
            )
            assert raised.status_code == 303, raised.text
        taken.append(await counts(world, leading, ["/feedback/staff/safeguarding", "/feedback/staff"]))
    assert taken[0] == taken[1]
