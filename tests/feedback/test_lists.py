"""Every list is shown in pages: nothing is cut off silently, however much there is."""

import json
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert

import shared.paging
from services.feedback import tables
from services.feedback.queries import public_board
from shared.db import Transaction, new_id
from tests.feedback.support import World
from tests.support.lists import assert_each_once, walk

MANY = 12


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.paging, "A_PAGE", 5)
    monkeypatch.setattr(public_board, "ON_THE_BOARD", 5)


async def many(
    world: World,
    number: int = MANY,
    *,
    ended: bool = False,
    giver: UUID | None = None,
    theme: UUID | None = None,
    day: str = "2026-11-03",
) -> list[str]:
    """So many items of one day: only their ids tell them apart. ended: with an answer that is on the board."""
    ids, received = [new_id() for _ in range(number)], date.fromisoformat(day)
    answers = [new_id() if ended else None for _ in ids]

    async def work(tx: Transaction) -> None:
        for item_id, response_id in zip(ids, answers, strict=True):
            if response_id:
                await tx.execute(
                    insert(tables.responses).values(
                        response_id=response_id, said=f"Said {item_id}.", written_on=received, **ANSWER
                    )
                )
            who = (
                {"giver_kind": "person", "giver_id": giver, "giver_home": "sun"}
                if giver
                else {"code_hash": item_id.bytes, "hear_by": "code"}
            )
            end = {"ending": "used", "ended_on": received, "response_id": response_id} if ended else {}
            values = {
                "item_id": item_id,
                "received_on": received,
                "due_on": received + timedelta(days=28),
                "theme_id": theme,
            }
            await tx.execute(insert(tables.items).values(**(ITEM | values | who | end)))
            if response_id:
                await tx.execute(
                    insert(tables.endings).values(ending_id=new_id(), item_id=item_id, ended_by_kind="person", **end)
                )

    await world.do(work)
    return [str(item_id) for item_id in ids]


ANSWER = {
    "ending": "used",
    "text": "We did.",
    "answered_by": "us",
    "checked_by_kind": "person",
    "written_by_kind": "person",
}
ITEM = {
    "version": 1,
    "about": "us",
    "words": "Words.",
    "answer_days": 28,
    "waiting_for": "us",
    "given_by_kind": "system",
    "hear_by": "none",
    "may_show": True,
}


async def test_what_waits_for_an_answer_is_shown_whole_while_more_comes_in(world: World):
    wanted = await many(world)

    async def more(page: int) -> None:
        await many(world, 1, day="2026-10-01")
        await many(world, 1, day="2026-11-20")

    assert_each_once(
        await walk(world.visitor("coordinator"), "/feedback/staff", r'name="items" value="([^"]+)"', more), wanted
    )


async def test_what_has_ended_is_shown_whole_while_more_ends(world: World):
    wanted = await many(world, ended=True)
    seen = await walk(
        world.visitor("coordinator"),
        "/feedback/staff/ended",
        r'href="/feedback/staff/([0-9a-f-]{36})"',
        lambda _: many(world, 1, ended=True, day="2026-11-20"),
    )
    assert_each_once(seen, wanted)


async def test_fb_05_a_theme_is_shown_whole_what_waits_first(world: World):
    theme = new_id()
    await world.write("INSERT INTO themes (theme_id, name) VALUES (:id, 'Rooms')", id=theme)
    ended, waiting = await many(world, ended=True, theme=theme), await many(world, theme=theme)
    await many(world)
    seen = await walk(
        world.visitor("coordinator"),
        f"/feedback/staff/themes/{theme}",
        r'href="/feedback/staff/([0-9a-f-]{36})"',
        lambda _: many(world, 1, theme=theme, day="2026-10-01"),
    )
    assert_each_once(seen, waiting + ended)
    assert seen[:MANY] == sorted(waiting)


async def test_fb_02_any_other_item_can_be_joined_about_the_same_first(world: World):
    [itself] = await many(world, 1)
    same = await many(world)
    for item_id in (other := await many(world, day="2026-11-20")):
        await world.write(
            "UPDATE items SET about = 'funder', about_name = 'A funder' WHERE item_id = :id", id=UUID(item_id)
        )
    seen = await walk(
        world.visitor("coordinator"), f"/feedback/staff/{itself}/join", r'name="target"[^>]* value="([^"]+)"'
    )
    assert_each_once(seen, same + other)
    assert set(seen[:MANY]) == set(same)


async def test_fb_06_the_board_is_shown_whole_and_keeps_its_theme_from_page_to_page(world: World):
    theme = new_id()
    await world.write("INSERT INTO themes (theme_id, name) VALUES (:id, 'Rooms & halls')", id=theme)
    wanted = await many(world, ended=True, theme=theme)
    others = await many(world, ended=True)
    visitor = world.visitor()
    said = r"Said ([0-9a-f-]{36})\."
    more = lambda _: many(world, 1, ended=True, theme=theme, day="2026-11-20")  # noqa: E731
    seen = await walk(visitor, "/feedback/board?theme=Rooms+%26+halls", said, more)
    assert_each_once(seen, wanted)
    assert set(seen) == set(wanted)
    assert_each_once(await walk(visitor, "/feedback/board", said), wanted + others)
    answer = (await visitor.get("/feedback/api/board?theme=rooms+%26+halls")).json()
    texts = [entry["said"] for entry in answer["entries"]]
    while answer["next_after"]:
        answer = (
            await visitor.get("/feedback/api/board", params={"theme": "rooms & halls", "after": answer["next_after"]})
        ).json()
        texts += [entry["said"] for entry in answer["entries"]]
    assert_each_once(texts, [f"Said {item}." for item in wanted])


async def test_a_giver_sees_all_they_gave(world: World):
    me = new_id()
    wanted = await many(world, giver=me)
    visitor = world.visitor("participant", person_id=me)
    assert_each_once(
        await walk(
            visitor,
            "/feedback/mine",
            r'href="/feedback/mine/([0-9a-f-]{36})"',
            lambda _: many(world, 1, giver=me, day="2026-11-20"),
        ),
        wanted,
    )


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "2026-11-03",
        "2026-13-45_1",
        "2026-11-03T10:00_0193f3a0-0000-7000-8000-00000000dead",
        "_",
        "9" * 90,
        json.dumps({"a": 1}),
    ],
)
async def test_a_place_in_a_list_that_nobody_gave_is_its_beginning(world: World, after: str):
    await many(world, 1)
    coordinator = world.visitor("coordinator")
    for path in ("/feedback/staff", "/feedback/staff/ended", "/feedback/board", "/feedback/mine"):
        assert (await coordinator.get(path, params={"after": after})).status_code == 200
