"""Passkeys as a second step, end to end: Chromium's own virtual authenticator, and what is refused."""

import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, Page

from deploy.local.processes import free_port
from services.people.use_cases.signing_in import forget_what_ran_out
from shared.identity import Role
from tests.people.support import World, a_person, running_people
from tests.people.test_second_step import code_of, secret_on
from tests.support.apps import signed_in
from tests.support.browser import IN_ONE_LOOP, NARROW, axe_violations, browser, complaints, serving, sideways_scroll, visitor

pytestmark = IN_ONE_LOOP

__all__ = ["browser", "visitor"]
FAY, BO = "fay@example.org", "bo@example.org"


class Desk(NamedTuple):
    """Somebody at a real browser with an authenticator of its own, signed in and with the codes of an app set up."""

    page: Page
    devtools: CDPSession
    authenticator: str
    secret: str
    url: str

    async def open(self, path: str) -> Page:
        await self.page.goto(self.url + path)
        return self.page

    async def kept(self) -> list[dict[str, Any]]:
        return (await self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator}))["credentials"]

    async def put(self, credential: dict[str, Any]) -> None:
        """What a thief of the authenticator's memory does."""
        await self.devtools.send("WebAuthn.addCredential", {"authenticatorId": self.authenticator, "credential": credential})

    async def take(self) -> None:
        await self.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator})

    async def add(self, name: str = "My laptop") -> None:
        await self.open("/people/second-step/passkeys/new")
        await self.page.get_by_label("What shall we call it?").fill(name)
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name="Add a passkey").click()

    async def use(self, next: str = "/people/me") -> str:
        """What the page says that it leads to."""
        await self.open(f"/people/confirm?next={next}")
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name="Use a passkey").click()
        return await self.page.locator("main").inner_text()


@pytest_asyncio.fixture(loop_scope="module")
async def world(folder: Path, service_database: Callable[[str], str]) -> AsyncIterator[tuple[World, str]]:
    """The service at a name, and its address."""
    port = free_port()
    async with running_people(folder, service_database("people"), public_url=f"http://localhost:{port}") as people, serving(people.app, port) as url:
        yield people, url


Sit = Callable[..., Awaitable[Desk]]


@pytest_asyncio.fixture(loop_scope="module")
async def sit(world: tuple[World, str], visitor: Callable[..., Awaitable[Page]]) -> Sit:
    people, url = world

    async def down(email: str = FAY, *, secret: str | None = None, **options: Any) -> Desk:
        page = await visitor(**options)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        shape = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": shape | {"automaticPresenceSimulation": True}})
        await page.goto(f"{url}/people/sign-in")
        await page.get_by_label("email").fill(email)
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_url("**/code/**")
        await page.locator("#code").fill(people.mails.code_for(email))
        async with page.expect_navigation(url=re.compile("confirm|second-step")):
            await page.locator("main button").click()
        if secret is None:
            secret = (await page.locator("#secret").inner_text()).replace(" ", "")
            await page.locator("#code").fill(code_of(secret, 0))
            await page.get_by_role("button", name="Turn it on").click()
            await page.get_by_role("heading", name="Keep your recovery codes").wait_for()
        return Desk(page, devtools, made["authenticatorId"], secret, url)

    return down


async def fay(people: World, email: str = FAY) -> UUID:
    return await a_person(people, email.partition("@")[0].title(), email, roles=["finance", "administrator"])


async def since_confirmed(people: World) -> None:
    """As if every second step had been given long ago, and not in this sign-in."""
    await people.write("UPDATE sessions SET factor_at = NULL")


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
    assert (row.person_id, row.rp_id, row.name, row.counter) == (person, "localhost", "My laptop", (await desk.kept())[0]["signCount"])
    [session] = await people.rows("SELECT factor_at FROM sessions")
    assert session.factor_at is not None
    assert [step.facts["how"] for step in await people.steps("confirmed-with-second-step")] == ["passkey"]
    assert "My details" in await desk.use()  # and again: the counter goes on counting
    await desk.open("/people/second-step")
    async with desk.page.expect_navigation():
        await desk.page.get_by_role("button", name="Remove My laptop").click()
    assert "is removed" in await desk.page.locator("main").inner_text()
    await desk.open("/people/confirm")
    assert await desk.page.get_by_role("button", name="Use a passkey").count() == 0
    told = await people.events("second-step-changed")
    assert [(each["what"], each["person_id"]) for each in told] == [("passkey-added", str(person)), ("passkey-removed", str(person))]
    assert len(await people.steps("passkey-added")) == len(await people.steps("passkey-removed")) == 1
    assert heard == []


async def test_the_codes_of_the_app_go_on_working_beside_a_passkey_and_without_javascript(world: tuple[World, str], sit: Sit) -> None:
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


@pytest.mark.parametrize("width", [1280, NARROW])
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


async def test_a_token_whose_sign_in_is_not_held_any_more_gets_a_page_and_nothing_else(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    person = await fay(people)
    desk = await sit()
    await desk.add()
    answer = await answered(desk)
    client = people.visitor()
    signed_in(client, Role.FINANCE, person_id=person)
    for path in ("/people/confirm", "/people/second-step/passkeys/new"):
        assert (await client.get(path)).status_code == 200
    refused = await client.post("/people/confirm/passkey", data={"credential": answer})
    assert (refused.status_code, "took too long" in refused.text) == (422, True)


# What is refused


async def answered(desk: Desk) -> str:
    """The authenticator's answer to the page's challenge, as the form would send it."""
    page = await desk.open("/people/confirm")
    await page.evaluate("() => { for (const form of document.querySelectorAll('form[data-passkey]')) form.submit = () => {}; }")
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_function("() => document.querySelector('form[data-passkey] input[name=credential]').value !== ''")
    return await page.locator("form[data-passkey] input[name=credential]").input_value()


async def send(desk: Desk, answer: str) -> tuple[int, str]:
    """Post an answer as the form does, with the browser's own cookies."""
    sent = await desk.page.context.request.post(
        f"{desk.url}/people/confirm/passkey?next=/people/me", form={"credential": answer}, headers={"sec-fetch-site": "same-origin"}, max_redirects=0
    )
    return sent.status, await sent.text()


async def test_an_answer_is_taken_once(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    answer = await answered(desk)
    assert (await send(desk, answer))[0] == 303
    status, text = await send(desk, answer)
    assert (status, "took too long, or it was sent twice" in text) == (422, True)
    await desk.open("/people/confirm")  # another challenge: the old answer is none to it
    status, text = await send(desk, answer)
    assert (status, "did not give the right answer" in text) == (422, True)
    assert len(await people.steps("confirmed-with-second-step")) == 1


async def test_a_challenge_runs_out(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    answer = await answered(desk)
    await people.write("UPDATE passkey_challenges SET expires_at = now() - interval '1 second'")
    assert (await send(desk, answer))[0] == 422
    await desk.open("/people/confirm")
    await people.write("UPDATE passkey_challenges SET expires_at = now() - interval '1 second'")
    await people.do(forget_what_ran_out)
    assert await people.rows("SELECT 1 FROM passkey_challenges") == []


async def test_another_persons_passkey_and_another_sign_ins_challenge_are_refused(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    await fay(people)
    await fay(people, BO)
    desk, others = await sit(), await sit(BO)
    await desk.add("Fay’s")
    await others.add("Bo’s")
    await since_confirmed(people)
    answer = await answered(others)
    await desk.open("/people/confirm")
    status, text = await send(desk, answer)  # signed by Bo's key, for Bo's challenge, in Fay's sign-in
    assert (status, "We do not know this passkey as one of yours" in text) == (422, True)
    [bos] = await others.kept()
    await desk.take()
    await desk.put(bos)  # even with Bo's key in her own authenticator, and her own challenge
    await desk.open("/people/confirm")
    await desk.page.evaluate(
        "id => { const form = document.querySelector('form[data-passkey]'); const options = JSON.parse(form.dataset.options);"
        " options.allowCredentials = [{type: 'public-key', id}]; form.dataset.options = JSON.stringify(options); }",
        bos["credentialId"].replace("+", "-").replace("/", "_").rstrip("="),
    )
    async with desk.page.expect_navigation():
        await desk.page.get_by_role("button", name="Use a passkey").click()
    assert "We do not know this passkey as one of yours" in await desk.page.locator("main").inner_text()
    assert await people.rows("SELECT 1 FROM sessions WHERE factor_at IS NOT NULL") == []


def altered(answer: str, **changes: Any) -> str:
    """The same answer, with other words of the browser's: whoever passes it on can change those, and break the signature."""
    told = json.loads(answer)
    data = json.loads(base64.urlsafe_b64decode(told["response"]["clientDataJSON"] + "=="))
    told["response"]["clientDataJSON"] = base64.urlsafe_b64encode(json.dumps(data | changes).encode()).decode().rstrip("=")
    return json.dumps(told)


async def test_what_is_no_right_answer_is_refused(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    await since_confirmed(people)
    for wrong in ("origin", "type", "nonsense", "nothing", "a list", "signature"):
        answer = await answered(desk)
        told = json.loads(answer)
        sent = {
            "origin": altered(answer, origin="https://evil.example"),
            "type": altered(answer, type="webauthn.create"),
            "nonsense": "{" * 50,
            "nothing": "",
            "a list": "[]",
            "signature": json.dumps(told | {"response": told["response"] | {"signature": "AAAA"}}),
        }[wrong]
        status, text = await send(desk, sent)
        assert (status, "did not give the right answer" in text) == (422, True), wrong
    assert await people.rows("SELECT 1 FROM sessions WHERE factor_at IS NOT NULL") == []
    assert (await people.rows("SELECT stopped_at FROM passkeys"))[0].stopped_at is None


async def test_another_site_that_asks_the_same_authenticator_gets_no_answer_that_we_take(world: tuple[World, str], sit: Sit) -> None:
    """The page stands at 127.0.0.1 for the browser, and at another name for us: what it signs names its own origin, whatever Host it sends."""
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    await since_confirmed(people)
    people.service.settings = people.service.settings.model_copy(update={"public_url": "https://localhost"})
    answer = await answered(desk)
    status, text = await send(desk, answer)
    assert (status, "did not give the right answer" in text) == (422, True)


async def test_a_counter_that_falls_stops_the_passkey_and_tells_everybody_concerned(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    person, other = await fay(people), await fay(people, BO)
    desk = await sit()
    await desk.add()
    await desk.use()
    [copy] = await desk.kept()
    await desk.use()
    await desk.take()
    await desk.put(copy | {"signCount": copy["signCount"] - 1})  # a copy made a while ago
    await since_confirmed(people)
    assert "There may be a copy of this passkey" in await desk.use()
    assert await people.rows("SELECT 1 FROM sessions WHERE factor_at IS NOT NULL") == []
    assert await desk.page.get_by_role("button", name="Use a passkey").count() == 0
    told = (await people.events("second-step-changed"))[-1]
    assert (told["what"], told["person_id"], set(told["administrators"])) == ("passkey-stopped", str(person), {str(person), str(other)})
    assert len(await people.steps("passkey-stopped")) == 1
    job = next(job for job in people.service.jobs if job.name == "look-for-guessing")
    await people.service.run_job(job)
    assert "passkeys that may have been copied" in await people.service.notices["passkeys"]()
    assert "chorus_people_passkeys_stopped 1.0" in (await people.client.get("/people/metrics")).text


async def test_adding_and_removing_one_needs_the_second_step_anew(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    [row] = await people.rows("SELECT id FROM passkeys")
    await people.write("UPDATE sessions SET factor_at = now() - interval '16 minutes'")
    await desk.open("/people/session/renew?next=/people/me")
    for path in ("/people/second-step/passkeys/new", f"/people/second-step/passkeys/{row.id}/remove"):
        sent = await desk.page.context.request.post(f"{desk.url}{path}", headers={"sec-fetch-site": "same-origin"}, max_redirects=0)
        assert (sent.status, sent.headers["location"].startswith("/people/session/hold")) == (307, True)
    await desk.open("/people/second-step/passkeys/new")
    assert "/people/confirm?" in desk.page.url
    assert len(await people.rows("SELECT 1 FROM passkeys")) == 1


async def test_nobody_removes_anothers_and_they_go_with_their_owner(world: tuple[World, str], sit: Sit) -> None:
    people, _ = world
    person = await fay(people)
    await fay(people, BO)
    desk, others = await sit(), await sit(BO)
    await desk.add()
    [row] = await people.rows("SELECT id FROM passkeys")
    sent = await others.page.context.request.post(f"{desk.url}/people/second-step/passkeys/{row.id}/remove", headers={"sec-fetch-site": "same-origin"})
    assert sent.status == 404
    assert len(await people.rows("SELECT 1 FROM passkeys")) == 1
    await people.write("DELETE FROM people WHERE id = :person", person=person)
    assert await people.rows("SELECT 1 FROM passkeys") == []


async def test_a_second_step_that_is_taken_away_takes_its_passkeys_with_it(world: tuple[World, str], sit: Sit) -> None:
    from deploy.client.administrators import take_second_step_away

    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    await take_second_step_away(people.service.settings.database_url, FAY)
    assert await people.rows("SELECT 1 FROM passkeys") == []


@pytest.mark.parametrize("public_url", ["https://127.0.0.1:8443", "http://voices.example.org"])
async def test_where_browsers_make_none_there_is_no_button_and_no_way(folder: Path, service_database: Callable[[str], str], public_url: str) -> None:
    async with running_people(folder, service_database("people"), public_url=public_url) as people:
        await fay(people)
        await people.sign_in(FAY)
        secret = secret_on(await people.client.get("/people/second-step"))
        await people.client.post("/people/second-step", data={"code": code_of(secret, 0)})
        assert "They cannot be used at this address" in (await people.client.get("/people/second-step")).text
        assert (await people.client.get("/people/second-step/passkeys/new")).status_code == 404
        assert (await people.client.post("/people/confirm/passkey", data={"credential": "{}"})).status_code == 404
