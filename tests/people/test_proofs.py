"""What a code proves: the one address that it was mailed to, at the moment it comes back."""

import pytest

from tests.people.pages import answer_all
from tests.people.support import World, a_person
from tests.support.apps import client_of

MALLORY, NADIA = "mallory@example.net", "nadia@example.org"


async def mallory_has_a_code(people: World) -> tuple[str, str]:
    """She is joining with her own address; the page for its code, and the code."""
    await answer_all(people.client, email={"email": MALLORY})
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    return asked.headers["location"], people.mails.code_for(MALLORY)


async def signed_in_anyone(people: World) -> bool:
    return bool(await people.rows("SELECT id FROM sessions"))


@pytest.mark.parametrize("given", [NADIA, NADIA.upper(), "nobody@example.org"])
async def test_a_code_signs_nobody_in_whose_address_it_was_not_mailed_to(people: World, given: str) -> None:
    """The answer about email is changed while the code is under way: the code proved another address."""
    await a_person(people, "Nadia", NADIA, roles=["finance"])
    page, code = await mallory_has_a_code(people)
    assert (await people.client.post("/people/join/email", data={"email": given})).status_code == 303
    answer = await people.client.post(page, data={"code": code})
    assert (answer.status_code, "This code has run out" in answer.text) == (422, True)
    assert not await signed_in_anyone(people)
    assert len(await people.rows("SELECT id FROM people")) == 1


async def test_a_changed_answer_voids_codes_also_when_it_is_changed_back(people: World) -> None:
    page, code = await mallory_has_a_code(people)
    await people.client.post("/people/join/email", data={"email": NADIA})
    await people.client.post("/people/join/email", data={"email": MALLORY})
    assert (await people.client.post(page, data={"code": code})).status_code == 422
    asked = await people.client.post("/people/join/agree", data={"agreed": "yes"})
    assert (
        await people.client.post(asked.headers["location"], data={"code": people.mails.code_for(MALLORY)})
    ).status_code == 303


async def test_a_code_proves_its_own_address_even_if_it_was_not_voided(people: World) -> None:
    """Two requests at once: the answer changes between the reading of the address and the writing of its code."""
    await a_person(people, "Nadia", NADIA, roles=["finance"])
    page, code = await mallory_has_a_code(people)
    await people.write(
        "UPDATE joinings SET answers = answers || jsonb_build_object('email', CAST(:email AS text))", email=NADIA
    )
    assert (await people.client.post(page, data={"code": code})).status_code == 422
    assert not await signed_in_anyone(people)


async def test_the_same_address_answered_again_keeps_its_code(people: World) -> None:
    page, code = await mallory_has_a_code(people)
    await people.client.post("/people/join/email", data={"email": MALLORY.upper()})
    assert (await people.client.post(page, data={"code": code})).status_code == 303
    assert [row.email for row in await people.rows("SELECT email FROM people")] == [MALLORY.upper()]


async def test_a_code_mailed_to_an_address_that_was_given_up_since_signs_nobody_in(people: World) -> None:
    ada = await a_person(people)
    page = await people.ask_for_code("ada@example.org")
    code = people.mails.code_for("ada@example.org")
    await people.write("UPDATE people SET email = 'new@example.org' WHERE id = :id", id=ada)
    assert (await people.client.post(page, data={"code": code})).status_code == 422
    assert not await signed_in_anyone(people)


async def test_a_code_of_a_joining_that_is_over_is_said_to_have_run_out(people: World) -> None:
    page, code = await mallory_has_a_code(people)
    await people.write("UPDATE sign_in_codes SET joining_id = NULL, mailed_to = NULL")  # as an earlier program wrote it
    assert (await people.client.post(page, data={"code": code})).status_code == 422


async def test_a_change_of_address_shows_on_its_owners_page_alone(people: World) -> None:
    """The id of a request is in addresses: whoever has it read there where the code went."""
    ada = await a_person(people)
    await people.sign_in("ada@example.org")
    asked = await people.client.post("/people/me/email", data={"email": "new@example.org"})
    request_id = asked.headers["location"].rpartition("/")[2]
    assert "new@example.org" in (await people.client.get(asked.headers["location"])).text
    for who in (people.client, client_of(people.app)):
        shown = await who.get(f"/people/sign-in/code/{request_id}")
        sent = await who.post(
            f"/people/sign-in/code/{request_id}", data={"code": people.mails.code_for("new@example.org")}
        )
        assert (shown.status_code, sent.status_code) == (404, 404)
        assert "new@example.org" not in shown.text + sent.text
    assert [
        row.tries for row in await people.rows("SELECT tries FROM sign_in_codes WHERE purpose = 'change-email'")
    ] == [0]
    assert "ada@example.org" in (await people.client.get(await people.ask_for_code("ada@example.org"))).text
    joins, _ = await mallory_has_a_code(people)
    assert MALLORY in (await people.client.get(joins)).text
    right = {"code": people.mails.code_for("new@example.org")}
    assert (await people.client.post(asked.headers["location"], data=right)).status_code == 303
    assert [row.email for row in await people.rows("SELECT email FROM people WHERE id = :id", id=ada)] == [
        "new@example.org"
    ]
