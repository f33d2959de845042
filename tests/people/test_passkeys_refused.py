"""Passkeys as a second step, end to end: which answers of an authenticator are refused."""

import base64
import json
from typing import Any

from services.people.use_cases.signing_in import forget_what_ran_out
from shared.identity import Role
from tests.people.passkeys import BO, Desk, Sit, fay, since_confirmed, sit, world
from tests.people.support import World
from tests.support.apps import eventually, signed_in
from tests.support.browser import IN_ONE_LOOP, browser, visitor

pytestmark = IN_ONE_LOOP

__all__ = ["browser", "sit", "visitor", "world"]


async def answered(desk: Desk) -> str:
    """The authenticator's answer to the page's challenge, as the form would send it."""
    page = await desk.open("/people/confirm")
    await page.evaluate(
        "() => { for (const form of document.querySelectorAll('form[data-passkey]')) form.submit = () => {}; }"
    )
    await page.get_by_role("button", name="Use a passkey").click()
    return await eventually(page.locator("form[data-passkey] input[name=credential]").input_value)


async def send(desk: Desk, answer: str) -> tuple[int, str]:
    """Post an answer as the form does, with the browser's own cookies."""
    sent = await desk.page.context.request.post(
        f"{desk.url}/people/confirm/passkey?next=/people/me",
        form={"credential": answer},
        headers={"sec-fetch-site": "same-origin"},
        max_redirects=0,
    )
    return sent.status, await sent.text()


async def test_a_token_whose_sign_in_is_not_held_any_more_gets_a_page_and_nothing_else(
    world: tuple[World, str], sit: Sit
) -> None:
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


async def test_another_persons_passkey_and_another_sign_ins_challenge_are_refused(
    world: tuple[World, str], sit: Sit
) -> None:
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
        "id => { const form = document.querySelector('form[data-passkey]'); const options = "
        "JSON.parse(form.dataset.options);"
        " options.allowCredentials = [{type: 'public-key', id}]; form.dataset.options = JSON.stringify(options); }",
        bos["credentialId"].replace("+", "-").replace("/", "_").rstrip("="),
    )
    async with desk.page.expect_navigation():
        await desk.page.get_by_role("button", name="Use a passkey").click()
    assert "We do not know this passkey as one of yours" in await desk.page.locator("main").inner_text()
    assert await people.rows("SELECT 1 FROM sessions WHERE factor_at IS NOT NULL") == []


def altered(answer: str, **changes: Any) -> str:
    """The same answer, with other words of the browser's: whoever passes it on can change those, and break the
    signature."""
    told = json.loads(answer)
    data = json.loads(base64.urlsafe_b64decode(told["response"]["clientDataJSON"] + "=="))
    told["response"]["clientDataJSON"] = (
        base64.urlsafe_b64encode(json.dumps(data | changes).encode()).decode().rstrip("=")
    )
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


async def test_another_site_that_asks_the_same_authenticator_gets_no_answer_that_we_take(
    world: tuple[World, str], sit: Sit
) -> None:
    """The page stands at 127.0.0.1 for the browser, and at another name for us: what it signs names its own origin,
    whatever Host it sends."""
    people, _ = world
    await fay(people)
    desk = await sit()
    await desk.add()
    await since_confirmed(people)
    people.service.settings = people.service.settings.model_copy(update={"public_url": "https://localhost"})
    answer = await answered(desk)
    status, text = await send(desk, answer)
    assert (status, "did not give the right answer" in text) == (422, True)


async def test_a_counter_that_falls_stops_the_passkey_and_tells_everybody_concerned(
    world: tuple[World, str], sit: Sit
) -> None:
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
    assert (told["what"], told["person_id"], set(told["administrators"])) == (
        "passkey-stopped",
        str(person),
        {str(person), str(other)},
    )
    assert len(await people.steps("passkey-stopped")) == 1
    job = next(job for job in people.service.jobs if job.name == "look-for-guessing")
    await people.service.run_job(job)
    assert "passkeys that may have been copied" in await people.service.notices["passkeys"]()
    assert "chorus_people_passkeys_stopped 1.0" in (await people.client.get("/people/metrics")).text
