"""A kept press says which button it was, and a form that asks the same of several people whose each answer is."""

from services.people.use_cases import drafts
from shared.web.saying import read_said, said_by
from tests.people.support import World, a_person
from tests.people.test_kept import ADA, expired, sent, sign_in_again


async def test_the_page_on_which_a_kept_form_is_shown_again_says_which_button_was_pressed(people: World) -> None:
    await a_person(people)
    await people.sign_in(ADA)
    field = '<label for="known_as">Your name</label><input id="known_as" name="known_as">'
    kept = {"known_as": "Addie", "_kept": "/people/me/known-as", "_said": said_by(field, "Save <this>", "You")}
    shown = (await people.client.post("/people/me/known-as", data=kept)).text
    assert "Look it over, then send it. You pressed “Save &lt;this&gt;”." in " ".join(shown.split())
    assert "There is a problem" not in shown and "<title>Error" not in shown


def test_a_kept_form_that_asks_the_same_of_several_people_says_of_whom_each_answer_is() -> None:
    """A register has a heading for each person."""
    people = "".join(
        f'<h2>{name}</h2><label for="minutes-{name}">Minutes</label><input id="minutes-{name}" name="minutes-{name}">'
        for name in ("Amina", "Bo")
    )
    said = ("_said", said_by(people + '<label for="why">Why?</label><input id="why" name="why">', "Save"))
    kept = [("minutes-Amina", "90"), ("minutes-Bo", "60"), ("why", "Late bus"), said]
    assert drafts.said_in(kept) == [("Amina: Minutes", "90"), ("Bo: Minutes", "60"), ("Why?", "Late bus")]


async def test_a_kept_press_of_a_page_with_many_buttons_says_of_whom_and_carries_on_to_its_place(people: World) -> None:
    await a_person(people)
    await expired(people)
    said = {"hidden": "true", "_said": said_by("", "Hide it", "Shared", about="Larch <walk>", at="listing-7")}
    answer = await sent(people, "/opportunities/staff/network/7/hide", said, came_from="/opportunities/staff/network")
    await sign_in_again(people, answer)
    shown = " ".join((await people.client.get("/people/session/kept")).text.split())
    assert "You pressed “Hide it”, of “Larch &lt;walk&gt;” on the page “Shared”, and typed nothing." in shown
    assert 'action="/opportunities/staff/network/7/hide#listing-7"' in shown
    assert 'href="/opportunities/staff/network#listing-7"' in shown


async def test_a_kept_press_without_a_form_is_not_said_to_have_kept_what_nobody_typed(people: World) -> None:
    coordinator = await a_person(people, roles=["coordinator"])
    bo = await a_person(people, "Bo", "bo@example.org")
    await people.sign_in(ADA)
    button = {"_kept": f"/people/staff/people/{bo}", "_said": said_by("", "Help them now", "Bo", at="bo" + "<" * 3)}
    shown = await people.client.post(f"/people/staff/people/{bo}/help", data=button)
    assert shown.status_code == 422 and "what you typed" not in shown.text and "We could not" not in shown.text
    assert "You pressed “Help them now”." in shown.text and f'href="/people/staff/people/{bo}"' in shown.text
    assert coordinator != bo


def test_a_press_says_what_it_is_about_only_where_its_place_could_be_one_of_ours() -> None:
    said = read_said(said_by("", "Hide it", about="Larch", at='x" onload="'))
    assert (said.pressed, said.anchor) == ("You pressed “Hide it”, of “Larch”", "")
