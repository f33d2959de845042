"""Passkeys as a second step, end to end: added, used and removed, and what there is beside them."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from shared.db import new_id
from tests.people.passkeys import BO, FAY, Sit, fay, since_confirmed, sit, world
from tests.people.support import World, running_people
from tests.people.test_second_step import code_of, secret_on
from tests.support.browser import (
    AT_BOTH_WIDTHS,
    IN_ONE_LOOP,
    axe_violations,
    browser,
    complaints,
    sideways_scroll,
    visitor,
)

pytestmark = IN_ONE_LOOP

__all__ = ["browser", "sit", "visitor", "world"]


async def test_a_passkey_is_added_used_and_removed_in_a_real_browser(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    person = await fay(people)
    desk = await sit()
    heard = complaints(desk.page)
    await desk.add("My laptop")
    assert "Your passkey is added" in await desk.page.locator("main").inner_text()
    assert "My laptop" in await desk.page.locator("#passkeys").inner_text()
    await since_confirmed(people)
    assert "My details" in await desk.use()
    [row] = await people.rows("SELECT * FROM passkeys")
    assert (row.person_id, row.rp_id, row.name, row.counter) == (
        person,
        "localhost",
        "My laptop",
        (await desk.kept())[0]["signCount"],
    )
    [sign_in] = await people.rows("SELECT factor_at FROM sessions")
    assert sign_in.factor_at is not None
    assert [step.facts["how"] for step in await people.steps("confirmed-with-second-step")] == ["passkey"]
    assert "My details" in await desk.use()  # and again: the counter goes on counting
    await desk.open("/people/second-step")
    async with desk.page.expect_navigation():
        await desk.page.get_by_role("button", name="Remove My laptop").click()
    assert "is removed" in await desk.page.locator("main").inner_text()
    await desk.open("/people/confirm")
    assert await desk.page.get_by_role("button", name="Use a passkey").count() == 0
    told = await people.events("second-step-changed")
    assert [(each["what"], each["person_id"]) for each in told] == [
        ("passkey-added", str(person)),
        ("passkey-removed", str(person)),
    ]
    assert len(await people.steps("passkey-added")) == len(await people.steps("passkey-removed")) == 1
    assert heard == []


async def test_the_codes_of_the_app_go_on_working_beside_a_passkey_and_without_javascript(
    world: tuple[World, str], sit: Sit
) -> None:
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    await people.write("UPDATE factors SET last_step = 0")
    plain = await sit(secret=desk.secret, java_script_enabled=False)
    assert await plain.page.get_by_role("button", name="Use a passkey").is_visible() is False
    await plain.page.locator("#code").fill(code_of(desk.secret, 0))
    async with plain.page.expect_navigation():
        await plain.page.get_by_role("button", name="Confirm").click()
    await plain.open("/people/second-step/passkeys/new")
    assert "Your browser cannot make a passkey here" in await plain.page.locator("main").inner_text()
    assert await plain.page.get_by_role("button", name="Add a passkey").is_visible() is False


@AT_BOTH_WIDTHS
async def test_the_pages_of_passkeys_are_accessible(world: tuple[World, str], sit: Sit, width: int) -> None:
    people, _ = world
    await fay(people)
    desk = await sit(width=width)
    await desk.add("My laptop")
    for path in ("/people/second-step", "/people/second-step/passkeys/new", "/people/confirm"):
        await desk.open(path)
        assert await axe_violations(desk.page) == [], path
        assert await sideways_scroll(desk.page) <= 0, path
    await people.write("DELETE FROM factors")
    await desk.open("/people/second-step")
    assert (await axe_violations(desk.page), await sideways_scroll(desk.page)) == ([], 0)


async def test_adding_and_removing_one_needs_the_second_step_anew(world: tuple[World, str]) -> None:
    people, _ = world
    passkey_id = await passkey_of(people, await with_second_step(people, FAY))
    await people.write("UPDATE sessions SET factor_at = now() - interval '16 minutes'")
    await people.client.get("/people/session/renew?next=/people/me")
    for path in ("/people/second-step/passkeys/new", f"/people/second-step/passkeys/{passkey_id}/remove"):
        sent = await people.client.post(path)
        assert (sent.status_code, sent.headers["location"].startswith("/people/session/hold")) == (307, True)
    shown = await people.client.get("/people/second-step/passkeys/new")
    assert shown.headers["location"].startswith("/people/confirm?")
    assert len(await people.rows("SELECT 1 FROM passkeys")) == 1


async def test_nobody_removes_anothers_and_they_go_with_their_owner(world: tuple[World, str]) -> None:
    people, _ = world
    person = await fay(people)
    passkey_id = await passkey_of(people, person)
    await with_second_step(people, BO)
    assert (await people.client.post(f"/people/second-step/passkeys/{passkey_id}/remove")).status_code == 404
    assert len(await people.rows("SELECT 1 FROM passkeys")) == 1
    await people.write("DELETE FROM people WHERE id = :person", person=person)
    assert await people.rows("SELECT 1 FROM passkeys") == []


async def test_a_second_step_that_is_taken_away_takes_its_passkeys_with_it(world: tuple[World, str]) -> None:
    from deploy.client.administrators import take_second_step_away

    people, _ = world
    await passkey_of(people, await with_second_step(people, FAY))
    await take_second_step_away(people.service.settings.database_url, FAY)
    assert await people.rows("SELECT 1 FROM passkeys") == []


async def with_second_step(people: World, email: str) -> UUID:
    """Somebody signed in as the world's own visitor, with the codes of an app set up just now."""
    person = await fay(people, email)
    await people.sign_in(email)
    secret = secret_on(await people.client.get("/people/second-step"))
    await people.client.post("/people/second-step", data={"code": code_of(secret, 0)})
    return person


async def passkey_of(people: World, person: UUID) -> UUID:
    """As one that was added in a browser is kept."""
    made = new_id()
    await people.write(
        "INSERT INTO passkeys (id, person_id, credential_id, public_key, counter, rp_id, name, added_at)"
        " VALUES (:made, :person, 'one', 'key', 1, 'localhost', 'My laptop', now())",
        made=made,
        person=person,
    )
    return made


@pytest.mark.parametrize("public_url", ["https://127.0.0.1:8443", "http://voices.example.org"])
async def test_where_browsers_make_none_there_is_no_button_and_no_way(
    folder: Path, service_database: Callable[[str], str], public_url: str
) -> None:
    async with running_people(folder, service_database("people"), public_url=public_url) as people:
        await with_second_step(people, FAY)
        assert "They cannot be used at this address" in (await people.client.get("/people/second-step")).text
        assert (await people.client.get("/people/second-step/passkeys/new")).status_code == 404
        assert (await people.client.post("/people/confirm/passkey", data={"credential": "{}"})).status_code == 404
