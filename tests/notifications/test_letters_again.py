"""Letters by post whose person moved, or that were settled, between print and post; and one that comes back."""

from datetime import timedelta
from uuid import UUID

import pypdfium2
from httpx import AsyncClient, Response

from services.notifications.use_cases import messages, posting
from tests.notifications.calls import run
from tests.notifications.post import BY_POST, HERS, LETTERS, Held, ahead, client, held, listed, open_ids, states  # noqa: F401
from tests.notifications.support import SOON, World, cancelled, card, changed, moved, opportunity_created, place_taken

ELSEWHERE = "Amina Field\n1 High Street\nMarch\nPE15 8AA"


async def printed(client: AsyncClient, world: World) -> list[str]:
    ids = await open_ids(world)
    answer = await client.post(f"{LETTERS}/print", data={"calls": ids})
    assert answer.headers["content-type"] == "application/pdf"
    return ids


async def say_posted(client: AsyncClient, ids: list[str], **more: list[str]) -> Response:
    return await client.post(f"{LETTERS}/posted", data={"calls": ids, **more})


async def shown(client: AsyncClient, path: str = "") -> str:
    """The words of the page, without its tags."""
    return " ".join((await client.get(LETTERS + path)).text.split())


async def amina(world: World, held: Held, **what: object) -> UUID:
    me = await world.knows("Amina", **BY_POST, post_changes=1, **what)
    held.moves(me, HERS)
    return me


async def test_not_01_a_letter_printed_for_an_earlier_address_says_so_and_is_printed_again(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    ids = await printed(client, ahead)
    await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=held.moves(me, ELSEWHERE)))
    page = await shown(client)
    assert "The address of Amina has changed since you printed this. Print it again." in page
    assert "Print this letter" in page and "I posted these" not in page
    refused = await say_posted(client, ids)
    assert refused.status_code == 422 and "has changed since you printed this. Print it again." in refused.text
    assert await states(ahead) == {"queued"}
    await printed(client, ahead)
    assert "has changed" not in await shown(client)
    assert (await say_posted(client, ids)).status_code == 303
    assert await states(ahead) == {"sent"}
    assert await ahead.broken() == {}


async def test_not_01_who_moves_before_the_print_is_written_to_where_they_live(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    changes = held.moves(me, ELSEWHERE)
    ids = await printed(client, ahead)
    await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=changes))  # its news comes later
    assert "has changed" not in await shown(client)
    assert (await say_posted(client, ids)).status_code == 303


async def test_not_04_a_letter_that_now_says_something_else_is_printed_again(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    published = opportunity_created()
    await ahead.hear(published)
    ids = await printed(client, ahead)
    for change in ("discreet", "time"):
        if change == "discreet":
            await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=1, discreet=True))
        else:
            await ahead.hear(changed(published, 2, "time", sessions=moved(published, SOON + timedelta(days=1))))
        assert "What it says has changed since you printed it. Print it again." in await shown(client), change
        assert (await say_posted(client, ids)).status_code == 422
        await printed(client, ahead)
        assert "What it says has changed" not in await shown(client)


async def test_not_02_a_letter_that_is_settled_after_its_page_was_shown_says_why_before_it_counts_as_posted(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    [call] = await printed(client, ahead)
    [message] = await ahead.rows("SELECT message_id FROM messages WHERE channel = 'in-app'")
    await run(ahead, lambda tx: messages.mark_read(tx, message.message_id, me))
    refused = await say_posted(client, [call])
    assert refused.status_code == 422
    assert "is not needed any more. They have read it in the app. Is it in the post already?" in refused.text
    assert await states(ahead) == {"queued"}
    assert (await say_posted(client, [call], needless=[call])).status_code == 303
    assert await states(ahead) == {"sent"}


async def test_not_02_a_letter_thrown_away_is_not_said_to_be_posted(client: AsyncClient, ahead: World, held: Held):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    [call] = await printed(client, ahead)
    await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=1, paused=True))
    await client.post(f"{LETTERS}/not-posted", data={"call": call})
    refused = await say_posted(client, [call])
    assert refused.status_code == 422 and "is off the list" in refused.text
    assert await states(ahead) == {"withheld"}


async def test_not_01_letters_to_one_person_are_told_apart_by_number_and_subject_on_paper_and_page(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    first, second = opportunity_created(), opportunity_created(title="A walk by the river")
    await ahead.hear(first, second)
    numbers = [row.number for row in await ahead.rows("SELECT number FROM calls WHERE way = 'letter' ORDER BY number")]
    assert len(set(numbers)) == 2
    pdf = pypdfium2.PdfDocument((await client.post(f"{LETTERS}/print", data={"calls": await open_ids(ahead)})).content)
    pages = [each.get_textpage().get_text_range() for each in pdf]
    by_number = {number: next(text for text in pages if f"Letter {number}" in text) for number in numbers}
    river = next(number for number, text in by_number.items() if "A walk by the river" in text)
    cafe = next(number for number, text in by_number.items() if "who runs the cafe" in text)
    assert river != cafe and "Friday 4 December 2026" in by_number[river]
    page = await shown(client)
    for number, title in ((river, "A walk by the river"), (cafe, "Choosing who runs the cafe")):
        beside = page[page.index(f"Letter {number} to Amina") :][:600]
        assert title in beside and "Printed on Friday 4 December 2026" in beside
    assert f"Letter {river}: " in await shown(client, f"/{me}")
    await say_posted(client, await open_ids(ahead))
    posted = await shown(client, "/posted")
    assert f"Letter {river} to Amina" in posted and "A walk by the river" in posted


async def test_not_08_an_old_page_says_who_posted_a_letter_and_prints_none_again(
    client: AsyncClient, ahead: World, held: Held
):
    await amina(ahead, held)
    await ahead.hear(opportunity_created())
    ids = await printed(client, ahead)
    await say_posted(client, ids)
    again = await client.post(f"{LETTERS}/print", data={"calls": ids})
    assert again.status_code == 422
    assert "is in the post already. Cora said so on Friday 4 December 2026 at midday." in again.text
    assert "look up" not in again.text


async def test_not_08_an_old_page_says_why_a_letter_is_not_to_be_posted_any_more(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    published = opportunity_created()
    await ahead.hear(published, place_taken(published, me))
    ids = await open_ids(ahead)
    await ahead.hear(cancelled(published, me))
    again = await client.post(f"{LETTERS}/print", data={"calls": ids})
    assert again.status_code == 422 and "is not to be posted any more. There is newer news." in again.text


async def came_back(client: AsyncClient, world: World) -> str:
    [call] = await printed(client, world)
    await say_posted(client, [call])
    await client.post(f"{LETTERS}/came-back", data={"call": call})
    return call


async def test_not_06_after_one_came_back_later_letters_wait_for_an_address_as_one_task(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    await came_back(client, ahead)
    await ahead.hear(opportunity_created(title="A walk by the river"))
    page = await shown(client)
    assert "We have no address that works for Amina: a letter came back. 1 letter waits." in page
    assert "There is no letter to print just now" in page
    refused = await client.post(f"{LETTERS}/print", data={"calls": await open_ids(ahead)})
    assert refused.status_code == 422 and "We have no address that works for Amina" in refused.text
    today = (await client.get("/")).text
    assert today.count("Amina") == 1 and "Post letters" not in today, "one task"
    call = (await client.get(f"/notifications/staff/calls/{me}")).text
    assert "A letter to them came back" in call and "A walk by the river" in call
    await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=held.moves(me, ELSEWHERE)))
    assert "Print this letter" in await shown(client) and "We have no address" not in await shown(client)
    assert await ahead.broken() == {}


async def test_not_06_whoever_rings_tells_them_what_letters_that_wait_say(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    await came_back(client, ahead)
    await ahead.hear(opportunity_created(title="A walk by the river"))
    rows = await ahead.rows("SELECT call_id FROM calls WHERE settled_at IS NULL")
    ids = [str(row.call_id) for row in rows]
    assert len(ids) == 2
    assert (await client.post(f"/notifications/staff/calls/{me}/tried")).status_code == 303
    assert (await client.post(f"/notifications/staff/calls/{me}/told", data={"calls": ids})).status_code == 303
    assert await listed(ahead) == [] and await states(ahead) == {"failed", "withheld"}
    assert await ahead.broken() == {}


async def test_not_08_a_letter_to_print_again_that_the_post_is_too_slow_for_is_rung(
    client: AsyncClient, ahead: World, held: Held
):
    me = await amina(ahead, held)
    await ahead.hear(opportunity_created())
    await printed(client, ahead)
    await ahead.card(me, card("Amina", version=2, **BY_POST, post_changes=held.moves(me, ELSEWHERE)))
    ahead.at(SOON - timedelta(days=2))
    await run(ahead, posting.ring_what_the_post_misses)
    assert ("opportunity-created", "phone", "too-soon") in await listed(ahead)
    page = await shown(client)
    assert "the post is too slow for it now, so somebody rings them" in page and "Print this letter" not in page
    assert await ahead.broken() == {}


async def test_not_01_back_to_what_was_sent_leads_to_the_list(client: AsyncClient):
    for sent in ("print", "not-posted", "came-back"):
        answer = await client.get(f"{LETTERS}/{sent}")
        assert answer.status_code == 405 and f'href="{LETTERS}"' in answer.text, sent
