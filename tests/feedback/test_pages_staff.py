"""What staff do with feedback, through the pages, and what its givers and the public then see."""

from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from services.feedback.queries import public_board
from tests.feedback.support import WORDS, World, answer, give


async def only_item(world: World) -> UUID:
    return await world.value("SELECT item_id FROM items")


async def test_the_job_both_answers_reach_their_givers_and_the_board(world: World):
    """FB-01..06: one with a name, one anonymous; we did, and we did not, because."""
    opportunity = await world.know_opportunity()
    person = await world.know_person("Ffion Amlwch", "participant")
    giver, stranger = world.visitor("participant", person_id=person), world.visitor()
    coordinator = world.visitor("coordinator")
    await give(giver, opportunity=opportunity, named=True, words="The room was too warm, says Ffion.")
    code = await give(stranger, opportunity=opportunity, words="Pay us for travel time.")
    first = await world.value("SELECT item_id FROM items WHERE giver_id IS NOT NULL")
    second = await world.value("SELECT item_id FROM items WHERE giver_id IS NULL")
    listed = (await coordinator.get("/feedback/staff")).text
    assert "Ffion Amlwch" in listed and "someone anonymous" in listed

    sent = await answer(coordinator, first, text="We bought a fan.", said="The room was too warm.")
    assert sent.status_code == 303
    await answer(
        coordinator, second, ending="not-used", text="The law does not let us.", said="Travel time should be paid."
    )

    assert "We bought a fan." in (await giver.get(f"/feedback/mine/{first}")).text
    assert "We did" in (await giver.get("/feedback/mine")).text
    found = await stranger.post("/feedback/look-up", data={"code": code.lower()})
    assert found.status_code == 200 and "The law does not let us." in found.text and "We did not, because" in found.text
    board = (await world.visitor().get("/feedback/board")).text
    for shown in (
        "The room was too warm.",
        "We bought a fan.",
        "Travel time should be paid.",
        "The law does not let us.",
        "Choosing a helpline",
    ):
        assert shown in board
    assert "Ffion" not in board and "Pay us" not in board
    api = (await world.visitor().get("/feedback/api/board")).json()
    assert (api["waiting"], api["overdue"], api["answered"]) == (0, 0, 2)
    assert {entry["ending"] for entry in api["entries"]} == {"used", "not-used"}
    closed = {event["item_id"]: event for event in await world.events("feedback-closed")}
    assert (closed[str(first)]["ending"], closed[str(first)]["on_board"], closed[str(first)]["version"]) == (
        "used",
        True,
        2,
    )
    assert closed[str(first)]["giver"] == {"kind": "person", "id": str(person), "home": "test"}
    assert closed[str(first)]["hear_by"] == "email"
    assert (closed[str(second)]["giver"], closed[str(second)]["hear_by"]) == (None, "code")


async def test_fb_02_an_answer_needs_its_words_and_keeps_what_was_typed(world: World):
    await give(world.visitor())
    item = await only_item(world)
    coordinator = world.visitor("coordinator")
    wrong = await answer(coordinator, item, ending="not-used", text="", said="Too warm.")
    assert wrong.status_code == 422 and "Write why we did not do it." in wrong.text and "Too warm." in wrong.text
    wrong = await coordinator.post("/feedback/staff/answer", data={"items": str(item), "text": "x"})
    assert wrong.status_code == 422 and "Choose how you answer" in wrong.text
    assert await world.value("SELECT ending FROM items") is None


async def test_fb_02_answered_twice_the_second_time_changes_nothing(world: World):
    await give(world.visitor())
    item = await only_item(world)
    coordinator = world.visitor("coordinator")
    assert (await answer(coordinator, item)).status_code == 303
    again = await answer(coordinator, item, ending="not-used", text="No.")
    assert again.status_code == 422 and "already answered or ended" in again.text
    assert await world.value("SELECT count(*) FROM responses") == 1


async def test_fb_06_the_board_respects_consent_and_a_checked_wording(world: World):
    visitor, coordinator = world.visitor(), world.visitor("coordinator")
    await give(visitor, may_show=False)
    item = await only_item(world)
    assert "nobody who said it agreed" in (await coordinator.get(f"/feedback/staff/answer?items={item}")).text
    wrong = await answer(coordinator, item, said="Too warm.")
    assert wrong.status_code == 422
    assert (await answer(coordinator, item)).status_code == 303
    assert (await world.visitor().get("/feedback/api/board")).json()["entries"] == []
    assert (await world.events("feedback-closed"))[0]["on_board"] is False


async def test_fb_06_names_and_contact_details_are_kept_off_the_board(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    await give(world.visitor("participant", person_id=person), named=True)
    item = await only_item(world)
    coordinator = world.visitor("coordinator")
    wrong = await answer(coordinator, item, said="Ffion was too warm, ring 07700 900123.")
    assert wrong.status_code == 422 and "Take out the phone number and the person&#39;s name" in wrong.text
    wrong = await coordinator.post(
        "/feedback/staff/answer", data={"items": str(item), "ending": "used", "text": "Done.", "said": "Too warm."}
    )
    assert wrong.status_code == 422 and "Confirm that you have read the wording" in wrong.text
    assert await world.value("SELECT ending FROM items") is None


async def test_fb_06_a_name_that_a_giver_wrote_is_put_right_before_it_is_shown(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    await give(
        world.visitor("participant", person_id=person),
        named=True,
        about="provider",
        name="Ffion's clinic, 07700 900123",
    )
    item = await only_item(world)
    coordinator = world.visitor("coordinator")
    wrong = await answer(coordinator, item, said="Too warm.")
    assert wrong.status_code == 422 and "correct the name first" in wrong.text
    assert (await coordinator.post(f"/feedback/staff/{item}/name", data={"name": ""})).status_code == 422
    assert (await coordinator.get(f"/feedback/staff/{item}/name")).status_code == 200
    await coordinator.post(f"/feedback/staff/{item}/name", data={"name": "Willow House"})
    assert (await answer(coordinator, item, said="Too warm.")).status_code == 303
    [entry] = (await coordinator.get("/feedback/api/board")).json()["entries"]
    assert (entry["about"], entry["answered_by"]) == (["Willow House"], "Willow House")


async def test_fb_06_a_giver_takes_it_off_the_board_and_the_board_follows_at_once(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    giver = world.visitor("participant", person_id=person)
    await give(giver, named=True)
    item = await only_item(world)
    await answer(world.visitor("coordinator"), item, said="Too warm.")
    assert len((await giver.get("/feedback/api/board")).json()["entries"]) == 1
    sent = await giver.post(f"/feedback/mine/{item}/board", data={"may_show": "no"})
    assert sent.status_code == 303
    assert (await giver.get("/feedback/api/board")).json()["entries"] == []


async def test_fb_06_staff_reword_the_board_or_take_it_down(world: World):
    await give(world.visitor())
    coordinator = world.visitor("coordinator")
    await answer(coordinator, await only_item(world), said="Too warm.")
    response = await world.value("SELECT response_id FROM responses")
    assert "Too warm." in (await coordinator.get(f"/feedback/staff/responses/{response}")).text
    wrong = await coordinator.post(f"/feedback/staff/responses/{response}", data={"said": "Much too warm."})
    assert wrong.status_code == 422
    await coordinator.post(f"/feedback/staff/responses/{response}", data={"said": "Much too warm.", "checked": "yes"})
    assert "Much too warm." in (await coordinator.get("/feedback/board")).text
    await coordinator.post(f"/feedback/staff/responses/{response}", data={"said": ""})
    assert "Much too warm." not in (await coordinator.get("/feedback/board")).text


async def test_fb_05_one_response_closes_a_theme_and_each_giver_hears_it(world: World):
    people = [await world.know_person(name, "participant") for name in ("Ffion Amlwch", "Kai Oduya")]
    for person, words in zip(people, ("It was warm.", "It was hot."), strict=True):
        await give(world.visitor("participant", person_id=person), named=True, words=words)
    code = await give(world.visitor(), words="It was boiling.", may_show=False)
    coordinator = world.visitor("coordinator")
    items = [row[0] for row in await world.rows("SELECT item_id FROM items")]
    for item in items:
        assert (await coordinator.post(f"/feedback/staff/{item}/theme", data={"theme": "Rooms"})).status_code == 303
    await coordinator.post(f"/feedback/staff/{items[0]}/theme", data={"theme": "rooms"})
    assert await world.value("SELECT count(*) FROM themes") == 1
    assert "3 waiting" in (await coordinator.get("/feedback/staff/themes")).text
    theme = await world.value("SELECT theme_id FROM themes")
    assert "It was boiling." in (await coordinator.get(f"/feedback/staff/themes/{theme}")).text
    asked = (await coordinator.get("/feedback/staff/answer", params={"items": [str(item) for item in items]})).text
    assert "2 of 3 agreed" in asked
    assert (await answer(coordinator, *items, said="It was too warm.")).status_code == 303
    assert await world.value("SELECT count(*) FROM responses") == 1
    closed = await world.events("feedback-closed")
    assert len(closed) == 3
    assert {event["giver"]["id"] for event in closed if event["giver"]} == {str(person) for person in people}
    assert sum(event["on_board"] for event in closed) == 2
    assert "We bought a fan." in (await world.visitor().post("/feedback/look-up", data={"code": code})).text
    assert len((await coordinator.get("/feedback/api/board", params={"theme": "Rooms"})).json()["entries"]) == 1
    assert (await coordinator.get("/feedback/api/board", params={"theme": "Food"})).json()["entries"] == []


async def test_fb_02_a_joined_item_hears_the_answer_to_the_other(world: World):
    people = [await world.know_person(name, "participant") for name in ("Ffion Amlwch", "Kai Oduya")]
    givers = [world.visitor("participant", person_id=person) for person in people]
    await give(givers[0], named=True, words="It was warm.")
    await give(givers[1], named=True, words="It was hot.")
    coordinator = world.visitor("coordinator")
    [first] = [row[0] for row in await world.rows("SELECT item_id FROM items WHERE giver_id = :p", p=people[0])]
    [second] = [row[0] for row in await world.rows("SELECT item_id FROM items WHERE giver_id = :p", p=people[1])]
    assert "It was warm." in (await coordinator.get(f"/feedback/staff/{second}/join")).text
    wrong = await coordinator.post(f"/feedback/staff/{second}/join", data={"target": str(second)})
    assert wrong.status_code == 422
    assert (await coordinator.post(f"/feedback/staff/{second}/join", data={"target": str(first)})).status_code == 303
    page = (await givers[1].get(f"/feedback/mine/{second}")).text
    assert "Others told us the same" in page and "It was warm." not in page
    await answer(coordinator, first)
    assert "We bought a fan." in (await givers[1].get(f"/feedback/mine/{second}")).text
    closed = [(event["item_id"], event["ending"], event["version"]) for event in await world.events("feedback-closed")]
    assert closed == [(str(second), "joined", 2), (str(first), "used", 2), (str(second), "joined", 3)]


async def test_fb_02_what_was_joined_waits_again_when_the_other_is_taken_back(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    giver = world.visitor("participant", person_id=person)
    await give(giver, named=True, words="It was warm.")
    await give(world.visitor(), words="It was hot.")
    first = await world.value("SELECT item_id FROM items WHERE giver_id IS NOT NULL")
    second = await world.value("SELECT item_id FROM items WHERE giver_id IS NULL")
    await world.visitor("coordinator").post(f"/feedback/staff/{second}/join", data={"target": str(first)})
    assert (await giver.post(f"/feedback/mine/{first}/withdraw")).status_code == 303
    [row] = await world.rows("SELECT ending, joined_to, version FROM items WHERE item_id = :id", id=second)
    assert tuple(row) == (None, None, 3)
    assert [
        event["version"] for event in await world.events("feedback-received") if event["item_id"] == str(second)
    ] == [1, 3]


async def test_fb_02_spam_has_a_reason_that_its_giver_can_read(world: World):
    code = await give(world.visitor(), words="Buy watches")
    item = await only_item(world)
    coordinator = world.visitor("coordinator")
    assert (await coordinator.get(f"/feedback/staff/{item}/spam")).status_code == 200
    assert (await coordinator.post(f"/feedback/staff/{item}/spam", data={"reason": ""})).status_code == 422
    await coordinator.post(f"/feedback/staff/{item}/spam", data={"reason": "It sells watches."})
    assert "It sells watches." in (await world.visitor().post("/feedback/look-up", data={"code": code})).text


async def test_fb_02_passing_on_shows_whom_it_waits_for_and_the_clock_goes_on(world: World):
    await give(world.visitor())
    item = await only_item(world)
    due = await world.value("SELECT due_on FROM items")
    coordinator = world.visitor("coordinator")
    assert (await coordinator.post(f"/feedback/staff/{item}/pass-on", data={"to": "provider"})).status_code == 422
    assert (
        await coordinator.post(f"/feedback/staff/{item}/pass-on", data={"to": "provider", "name": "Willow House"})
    ).status_code == 303
    assert "Waiting for Willow House" in (await coordinator.get(f"/feedback/staff/{item}")).text
    assert await world.value("SELECT due_on FROM items") == due
    await answer(coordinator, item, said="Too warm.")
    assert "Answer from Willow House" in (await coordinator.get("/feedback/board")).text


async def test_fb_02_nothing_is_deleted_and_no_ending_is_changed(world: World):
    await give(world.visitor())
    await answer(world.visitor("coordinator"), await only_item(world))
    for sql in ("DELETE FROM items", "DELETE FROM endings", "UPDATE endings SET reason = 'x'"):
        with pytest.raises(DBAPIError):
            await world.write(sql)


async def test_fb_03_overdue_is_counted_in_public_from_the_day_after(world: World):
    await give(world.visitor(), may_show=False)
    for days, overdue in ((28, 0), (1, 1)):
        world.move(days=days)
        assert (await world.visitor().get("/feedback/api/board")).json()["overdue"] == overdue
    assert "<strong>1</strong> waiting too long" in (await world.visitor().get("/feedback/board")).text
    assert "Overdue" in (await world.visitor("coordinator").get("/feedback/staff")).text


async def test_staff_pages_are_for_staff_and_unknown_ids_are_404(world: World):
    await give(world.visitor())
    item = await only_item(world)
    participant, unknown = world.visitor("participant"), "00000000-0000-0000-0000-000000000001"
    for path in ("", f"/{item}", f"/{item}/join", "/themes", "/ended", f"/answer?items={item}"):
        assert (await participant.get(f"/feedback/staff{path}")).status_code == 403
        assert (await world.visitor().get(f"/feedback/staff{path}")).status_code in (303, 401)
    coordinator = world.visitor("coordinator")
    for path in (f"/{unknown}", f"/{unknown}/spam", f"/themes/{unknown}", f"/responses/{unknown}"):
        assert (await coordinator.get(f"/feedback/staff{path}")).status_code == 404
    assert (await answer(coordinator, unknown)).status_code == 404
    assert (await coordinator.get("/feedback/staff/ended")).status_code == 200
    assert WORDS in (await coordinator.get(f"/feedback/staff/{item}/theme")).text


async def test_someone_elses_item_is_404_for_a_participant(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    await give(world.visitor("participant", person_id=person), named=True)
    item = await only_item(world)
    other = world.visitor("participant")
    assert (await other.get(f"/feedback/mine/{item}")).status_code == 404
    for action, data in (("withdraw", {}), ("board", {"may_show": "no"}), ("not-answered", {"why": "x"})):
        assert (await other.post(f"/feedback/mine/{item}/{action}", data=data)).status_code == 404
    [row] = await world.rows("SELECT ending, may_show, version FROM items")
    assert tuple(row) == (None, True, 1)


async def test_fb_05_a_theme_is_found_on_the_board_however_much_was_answered_since(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(public_board, "ON_THE_BOARD", 1)
    coordinator = world.visitor("coordinator")
    for number, theme in enumerate(("Rooms", "Lunch")):
        await give(world.visitor(), words=f"Words {number}.")
        item = await world.value("SELECT item_id FROM items WHERE ending IS NULL")
        await coordinator.post(f"/feedback/staff/{item}/theme", data={"theme": theme})
        await answer(coordinator, item, said=f"Said {number}.")
    for theme, said in (("rooms", "Said 0."), ("Lunch", "Said 1.")):
        [entry] = (await coordinator.get(f"/feedback/api/board?theme={theme}")).json()["entries"]
        assert entry["said"] == said
    assert "Rooms" in (await coordinator.get("/feedback/board")).text
    assert "Rooms</a>: 0 waiting, 1 ended" in (await coordinator.get("/feedback/staff/themes")).text


async def test_fb_07_who_answered_before_is_offered_no_second_answer_and_the_reviewer_reads_the_first(world: World):
    person = await world.know_person("Ffion Amlwch", "participant")
    reviewer = await world.know_person("Kezia Holt", "approver", "coordinator")
    giver = world.visitor("participant", person_id=person)
    await give(giver, named=True, words="The room was too warm.")
    item = await only_item(world)
    coordinator = world.visitor("coordinator")
    await answer(coordinator, item, text="We bought a fan.")
    sent = await giver.post(f"/feedback/mine/{item}/not-answered", data={"why": "It is too loud to hear anybody."})
    assert sent.status_code == 303
    theirs = "Our reviewer must look at it now."
    for path in (f"/feedback/staff/{item}", "/feedback/staff"):
        shown = (await coordinator.get(path)).text
        assert theirs in shown and "/feedback/staff/answer?items=" not in shown and "Answer the ones" not in shown
    again = world.visitor("approver", "coordinator", person_id=reviewer)
    assert f"/feedback/staff/answer?items={item}" in (await again.get(f"/feedback/staff/{item}")).text
    form = (await again.get(f"/feedback/staff/answer?items={item}")).text
    assert "We bought a fan." in form and "It is too loud to hear anybody." in form


async def test_fb_02_who_gave_it_is_not_offered_to_answer_it(world: World):
    me = await world.know_person("Hamid Noor", "participant", "coordinator")
    visitor = world.visitor("participant", "coordinator", person_id=me)
    await give(visitor, named=True, words="The room was too warm.")
    item = await only_item(world)
    for path in (f"/feedback/staff/{item}", "/feedback/staff"):
        shown = (await visitor.get(path)).text
        assert "You gave this feedback yourself." in shown and "/feedback/staff/answer?items=" not in shown
    assert f"items={item}" in (await world.visitor("coordinator").get(f"/feedback/staff/{item}")).text
