"""A kept press says which button it was, and a form that asks the same of several people whose each answer is."""

from services.people.use_cases import drafts
from shared.web.saying import said_by
from tests.people.support import World, a_person
from tests.people.test_kept import ADA


async def test_the_page_on_which_a_kept_form_is_shown_again_says_which_button_was_pressed(people: World) -> None:
    await a_person(people)
    await people.sign_in(ADA)
    kept = {"known_as": "Addie", "_kept": "/people/me/known-as", "_said": said_by("", "Save <this>", "You")}
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
