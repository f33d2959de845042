"""The second step of those who move money, keep the system or give roles; sign-ins that end; contacts that change."""

import html
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from pyotp import parse_uri
from pyotp.totp import TOTP
from sqlalchemy.exc import IntegrityError

from shared.identity import Role, SignIn, cookie_name, issue_token
from shared.operations import notices
from tests.people.support import World, a_person, plain, running_people
from tests.support.apps import SIGNING_KEY, signed_in
from tests.support.marks import CHANGED, mark_of, press
from tests.support.servers import ORGANISATION

FAY = "fay@example.org"
COOKIE = cookie_name(ORGANISATION)


def secret_on(answer: httpx.Response) -> str:
    found = re.search(r'id="secret">([A-Z2-7]+)<', answer.text)
    assert found, answer.text
    return found[1]


def current_sign_in(people: World, client: httpx.AsyncClient | None = None) -> SignIn:
    return people.service.sign_in_keys.sign_in_of((client or people.client).cookies[COOKIE])


async def test_the_app_on_the_same_device_opens_by_a_link_and_the_key_can_be_copied(people: World) -> None:
    """On the phone itself there is nothing to point a camera at; the picture comes after, for another device."""
    await a_person(people, "Fay", FAY, roles=["finance"])
    await people.sign_in(FAY)
    page = await people.client.get("/people/second-step")
    secret, [way] = secret_on(page), re.findall(r'href="(otpauth:[^"]+)"', page.text)
    assert parse_uri(html.unescape(way)).secret == secret
    assert (
        page.text.index("otpauth:")
        < page.text.index('id="secret"')
        < page.text.index("<svg")
        < page.text.index('name="code"')
    )


async def set_up(people: World, next: str = "") -> tuple[str, httpx.Response]:
    """The secret, and the page with the recovery codes."""
    secret = secret_on(await people.client.get(f"/people/second-step?next={next}"))
    return secret, await people.client.post(f"/people/second-step?next={next}", data={"code": code_of(secret, 0)})


def code_of(secret: str, ahead: int = 1) -> str:
    """What the app shows now, or in half a minute, which counts already."""
    return TOTP(secret).generate_otp(int(time.time()) // 30 + ahead)


@pytest.fixture
async def fay(people: World) -> UUID:
    """Finance, who has just signed in for the first time."""
    person_id = await a_person(people, "Fay", FAY, roles=["finance", "administrator"])
    answer = await people.sign_in(FAY)
    assert answer.headers["location"] == "/people/confirm?next=%2F"
    return person_id


async def test_whoever_moves_money_is_led_to_set_up_a_second_step(people: World, fay: UUID) -> None:
    assert (await people.client.get("/people/confirm?next=/x")).headers["location"] == "/people/second-step?next=%2Fx"
    refused = await people.client.get("/people/staff/roles")
    assert (refused.status_code, refused.headers["location"]) == (303, "/people/confirm?next=%2Fpeople%2Fstaff%2Froles")
    secret, shown = await set_up(people, "/people/staff/roles")
    codes = re.findall(r"<strong class=\"chorus-code\">([a-z0-9]{5}-[a-z0-9]{5})<", shown.text)
    assert len(set(codes)) == 10 and 'href="/people/staff/roles"' in shown.text
    assert current_sign_in(people).factor_at is not None
    assert (await people.client.get("/people/staff/roles")).status_code == 200
    kept = (
        str(await people.rows("SELECT * FROM factors"))
        + str(await people.rows("SELECT * FROM recovery_codes"))
        + str(await people.rows("SELECT * FROM steps"))
    )
    assert secret not in kept and not any(code in kept for code in codes)
    assert "was set up just now" in plain(people.mails.to(FAY)[-1])


async def test_a_coordinator_is_not_asked_for_a_second_step(people: World) -> None:
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    assert (await people.sign_in("cora@example.org")).headers["location"] == "/"
    assert (await people.client.get("/people/staff/people")).status_code == 200


async def test_a_code_of_the_app_counts_once(people: World, fay: UUID) -> None:
    secret, _ = await set_up(people)
    again = await people.client.post("/people/confirm", data={"code": code_of(secret, 0)})
    assert (again.status_code, "was used already" in again.text or "not the code" in again.text) == (422, True)
    code = code_of(secret)
    assert (
        await people.client.post("/people/confirm?next=/people/me", data={"code": f"{code[:3]} {code[3:]}"})
    ).headers["location"] == "/people/me"
    assert "was used already" in (await people.client.post("/people/confirm", data={"code": code})).text


async def test_a_new_sign_in_has_to_be_confirmed_anew(people: World, fay: UUID) -> None:
    secret, _ = await set_up(people)
    other = people.visitor()
    await people.sign_in(FAY, other)
    assert current_sign_in(people, other).factor_at is None
    assert (await other.get("/people/staff/roles")).status_code == 303
    assert "Confirm that it is you" in (await other.get("/people/confirm")).text
    await other.post("/people/confirm", data={"code": code_of(secret)})
    assert (await other.get("/people/staff/roles")).status_code == 200
    assert (await other.get("/people/second-step")).text.count("Set up a second step") == 0


def codes_on(answer: httpx.Response) -> list[str]:
    return re.findall(r'class="chorus-code">([a-z0-9]{5}-[a-z0-9]{5})<', answer.text)


async def told_of_second_steps(people: World) -> list[tuple[str, list[str]]]:
    return [(said["what"], said["administrators"]) for said in await people.events("second-step-changed")]


async def test_a_recovery_code_works_once_and_its_owner_and_all_administrators_hear(people: World, fay: UUID) -> None:
    """Whoever finds the printed sheet and reads their mail does not come in unseen."""
    bo = await a_person(people, "Bo", "bo@example.org", roles=["administrator"])
    _, shown = await set_up(people)
    code, *others = codes_on(shown)
    assert f"You have {len(others) + 1} recovery codes left." in (await people.client.get("/people/second-step")).text
    used = await people.client.post("/people/confirm", data={"code": code.upper()})
    assert used.status_code == 303
    assert f"You have {len(others)} left" in (await people.client.get("/people/second-step")).text
    again = await people.client.post("/people/confirm", data={"code": code})
    assert again.status_code == 422 and "You used this recovery code before" in again.text
    [(what, administrators)] = await told_of_second_steps(people)
    assert what == "recovery-code-used" and str(bo) in administrators
    again = (await people.client.get("/people/second-step")).text
    assert f"You have {len(others)} recovery codes left. You last used one on" in again


async def test_new_recovery_codes_end_the_old_and_are_told(people: World, fay: UUID) -> None:
    _, shown = await set_up(people)
    made = await people.client.post("/people/second-step/recovery-codes")
    assert made.status_code == 200 and "no longer work" in made.text
    old, new = codes_on(shown), codes_on(made)
    assert len(new) == len(old) and not set(new) & set(old)
    assert (await people.client.post("/people/confirm", data={"code": old[0]})).status_code == 422
    assert (await people.client.post("/people/confirm", data={"code": new[0]})).status_code == 303
    assert [what for what, _ in await told_of_second_steps(people)] == ["recovery-codes-made", "recovery-code-used"]


async def test_nobody_makes_recovery_codes_without_the_second_step_just_given(people: World, fay: UUID) -> None:
    await set_up(people)
    other = people.visitor()
    await people.sign_in(FAY, other)
    asked = await other.post("/people/second-step/recovery-codes")
    assert (asked.status_code, asked.headers["location"][:21]) == (307, "/people/session/hold?")


async def test_guesses_at_a_second_step_are_limited(people: World, fay: UUID) -> None:
    await set_up(people)
    answers = [(await people.client.post("/people/confirm", data={"code": "000000"})).status_code for _ in range(11)]
    assert answers == [422] * 9 + [429] * 2  # setting it up counted too, in this sign-in


async def test_a_key_that_another_sign_in_began_is_shown_to_no_other_and_counts_no_more(
    people: World, fay: UUID
) -> None:
    """Whoever reads Fay's mail while she sets up must not learn her key, nor have theirs confirmed by her."""
    secret = secret_on(await people.client.get("/people/second-step"))
    assert secret_on(await people.client.get("/people/second-step")) == secret
    reader = people.visitor()
    await people.sign_in(FAY, reader)
    theirs = secret_on(await reader.get("/people/second-step"))
    assert theirs != secret
    late = await people.client.post("/people/second-step", data={"code": code_of(secret, 0)})
    assert (late.status_code, "This key counts no more" in late.text) == (422, True)
    anew = secret_on(late)
    assert anew not in (secret, theirs)
    assert (await reader.post("/people/second-step", data={"code": code_of(theirs, 0)})).status_code == 422
    assert await people.rows("SELECT 1 FROM factors WHERE confirmed_at IS NOT NULL") == []
    last = secret_on(await people.client.get("/people/second-step"))
    assert (await people.client.post("/people/second-step", data={"code": code_of(last, 0)})).status_code == 200


async def test_guesses_of_another_sign_in_do_not_shut_the_owner_out_and_are_told(
    folder: Path, service_database: Callable[[str], str]
) -> None:
    async with running_people(
        folder, service_database("people"), second_step_limit="4/15 minutes", second_step_limit_anywhere="6/hour"
    ) as people:
        fay_id = await a_person(people, "Fay", FAY, roles=["finance"])
        bo = await a_person(people, "Bo", "bo@example.org", roles=["administrator"])
        await people.sign_in(FAY)
        secret, _ = await set_up(people)
        people.client.cookies.delete(COOKIE)
        await people.sign_in(FAY)  # the same browser, tomorrow
        answers: list[int] = []
        for _ in range(3):
            guesser = people.visitor()
            await people.sign_in(FAY, guesser)
            answers += [(await guesser.post("/people/confirm", data={"code": "000000"})).status_code for _ in range(4)]
        assert answers == [422] * 4 + [422] * 2 + [429] * 6
        assert (await people.client.post("/people/confirm", data={"code": code_of(secret)})).status_code == 303
        [told] = await people.events("second-step-changed")
        assert (told["person_id"], told["what"], told["administrators"]) == (str(fay_id), "guessed", [str(bo)])
        service: Any = people.service
        [watch] = [job for job in service.jobs if job.name == "look-for-guessing"]
        await service.run_job(watch)
        assert "for 1 of those who work here" in (await notices(service))["second-steps"]


async def test_changing_roles_needs_a_recent_second_step(people: World, fay: UUID) -> None:
    ada = await a_person(people, roles=["participant", "coordinator"])
    for minutes, status in ((16, "/people/session/hold"), (14, "/people/staff")):
        given = datetime.fromtimestamp(datetime.now(UTC).timestamp() - minutes * 60, UTC)
        token = issue_token(
            SIGNING_KEY,
            ORGANISATION,
            SignIn(fay, current_sign_in(people).sign_in_id, frozenset({Role.ADMINISTRATOR}), factor_at=given),
        )
        people.client.cookies.clear()
        people.client.cookies.set(COOKIE, token)
        answer = await people.client.post(f"/people/staff/people/{ada}/roles", data={"roles": ["coordinator"]})
        assert answer.headers["location"].startswith(status)
        assert (await people.client.get("/people/staff/roles")).status_code == 200


async def test_a_program_is_told_in_words(people: World, fay: UUID) -> None:
    token = issue_token(
        SIGNING_KEY, ORGANISATION, SignIn(fay, current_sign_in(people).sign_in_id, frozenset({Role.OPERATOR}))
    )
    answer = await people.visitor().get("/people/operator/state", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert "second factor" in answer.json()["detail"]


async def test_two_administrators_take_a_second_step_away(people: World, fay: UUID) -> None:
    await set_up(people)
    address = f"/people/staff/people/{fay}/second-step"
    first, second = people.visitor(), people.visitor()
    for client, name in ((first, "anna"), (second, "berta")):
        person_id = await a_person(people, name.title(), f"{name}@example.org", roles=["administrator"])
        signed_in(client, Role.ADMINISTRATOR, person_id=person_id)
    own = await people.client.post(address)
    assert (own.status_code, "This is you" in own.text) == (422, True)
    assert (await first.post(address)).status_code == 303
    assert "You asked for this" in (await first.post(f"{address}/answer", data={"answer": "confirmed"})).text
    assert "This is about you" in (await people.client.post(f"{address}/answer", data={"answer": "confirmed"})).text
    assert "Take it away" in (await second.get(address)).text
    before = mark_of(await second.get(address))
    await people.write("UPDATE people SET phone = '07700 900123' WHERE id = :fay", fay=fay)
    late = await second.post(f"{address}/answer", data={"answer": "confirmed"} | before)
    assert (late.status_code, CHANGED in late.text) == (422, True), "who rang them rang another number"
    assert (await second.post(f"{address}/answer", data={"answer": "confirmed"})).status_code == 422
    assert (await press(second, address, f"{address}/answer", answer="confirmed")).status_code == 303
    assert await people.rows("SELECT 1 FROM factors") == await people.rows("SELECT 1 FROM recovery_codes") == []
    assert (await people.client.get("/people/me")).status_code == 303
    assert "taken away" in plain(people.mails.to(FAY)[-1])
    with pytest.raises(IntegrityError):
        await people.write(
            "INSERT INTO factor_resets (id, person_id, asked_by, asked_at, answered_by, answer)"
            " VALUES (gen_random_uuid(), :fay, :fay, now(), :fay, 'confirmed')",
            fay=fay,
        )


async def test_whoever_reads_the_mail_of_somebody_with_a_second_step_changes_no_number_or_name(
    people: World, fay: UUID
) -> None:
    """Else two administrators ring whom and where the thief wrote, and take the second step away."""
    secret, _ = await set_up(people)
    thief = people.visitor()
    await people.sign_in(FAY, thief)
    for question, data in (
        ("phone", {"phone": "07700 900222"}),
        ("email", {"email": "new@example.org"}),
        ("name", {"name": "Somebody Else"}),
        ("known-as", {"known_as": "Else"}),
    ):
        for answer in (
            await thief.get(f"/people/me/{question}"),
            await thief.post(f"/people/me/{question}", data=data),
        ):
            assert answer.headers["location"] == f"/people/confirm?next=/people/me/{question}"
    assert (await thief.post("/people/confirm?next=/people/me/phone", data={"code": code_of(secret)})).headers[
        "location"
    ] == "/people/me/phone"
    assert (await thief.post("/people/me/phone", data={"phone": "07700 900222"})).status_code == 303
    [row] = await people.rows("SELECT phone FROM people")
    assert row.phone.replace(" ", "").endswith("7700900222")


async def test_administrators_read_how_somebody_was_reached_before_it_was_changed(people: World, fay: UUID) -> None:
    await set_up(people)
    assert (await people.client.post("/people/me/phone", data={"phone": "07700 900222"})).headers[
        "location"
    ] == "/people/me"
    await people.write("UPDATE contact_changes SET old_value = '07700 900111' WHERE kind = 'phone'")
    administrator = people.visitor()
    signed_in(
        administrator,
        Role.ADMINISTRATOR,
        person_id=await a_person(people, "Anna", "anna@example.org", roles=["administrator"]),
    )
    address = f"/people/staff/people/{fay}/second-step"
    assert "07700 900111" in (await administrator.get(address)).text
    await people.write("UPDATE contact_changes SET changed_at = changed_at - interval '31 days'")
    assert "has changed how we reach" not in (await administrator.get(address)).text


# How long sign-ins last, and where they are


async def test_a_sign_in_of_staff_ends_when_it_is_not_used_and_a_participants_does_not(
    folder: Path, service_database: Callable[[str], str]
) -> None:
    async with running_people(
        folder, service_database("people"), staff_idle_minutes=30, coordinator_idle_minutes=90
    ) as people:
        await a_person(people, "Fay", FAY, roles=["finance"])
        await a_person(people, "Cora", "cora@example.org", roles=["coordinator", "participant"])
        await a_person(people)
        ends = (
            (FAY, 29, 307),
            (FAY, 31, 303),
            ("cora@example.org", 89, 307),
            ("cora@example.org", 91, 303),
            ("ada@example.org", 91, 307),
        )
        for email, after, status in ends:
            client = people.visitor()
            await people.sign_in(email, client)
            sign_in_id = current_sign_in(people, client).sign_in_id
            await people.write(
                f"UPDATE sessions SET last_used_at = now() - interval '{after} minutes' WHERE id = :id", id=sign_in_id
            )
            assert (await client.get("/people/session/renew?next=/")).status_code == status


async def test_somebody_sees_where_they_are_signed_in_and_ends_it(people: World) -> None:
    await a_person(people)
    phone = people.visitor()
    phone.headers["user-agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 Version/18 Safari/604"
    await people.sign_in("ada@example.org", phone)
    await people.sign_in("ada@example.org")
    shown = (await people.client.get("/people/me/sign-ins")).text
    assert "Safari on an iPhone" in shown and "(this one)" in shown
    theirs = current_sign_in(people, phone).sign_in_id
    await a_person(people, "Bo", "bo@example.org")
    stranger = people.visitor()
    await people.sign_in("bo@example.org", stranger)
    assert (await stranger.post(f"/people/me/sign-ins/{theirs}/end")).status_code == 404
    assert (await people.client.post(f"/people/me/sign-ins/{theirs}/end")).status_code == 303
    assert (await phone.get("/people/me")).status_code == 303
    assert (await people.client.get("/people/me")).status_code == 200


@pytest.mark.parametrize(
    ("question", "data"), [("email", {"email": "new@example.org"}), ("phone", {"phone": "07700 900222"})]
)
async def test_who_changes_how_they_are_reached_has_just_shown_who_they_are(
    people: World, question: str, data: dict[str, Any]
) -> None:
    await a_person(people, phone="07700 900111")
    other = people.visitor()
    await people.sign_in("ada@example.org", other)
    await people.sign_in("ada@example.org")
    await people.write("UPDATE sessions SET began_at = began_at - interval '16 minutes'")
    for answer in (
        await people.client.get(f"/people/me/{question}"),
        await people.client.post(f"/people/me/{question}", data=data),
    ):
        assert answer.headers["location"] == f"/people/me/prove?next=/people/me/{question}"
    asked = await people.client.post(f"/people/me/prove?next=/people/me/{question}")
    assert (
        await people.client.post(asked.headers["location"], data={"code": people.mails.code_for("ada@example.org")})
    ).status_code == 303
    answer = await people.client.post(f"/people/me/{question}", data=data)
    if question == "email":
        assert (
            await people.client.post(
                answer.headers["location"], data={"code": people.mails.code_for("new@example.org")}
            )
        ).status_code == 303
    [row] = await people.rows("SELECT email, phone FROM people")
    assert getattr(row, question) == next(iter(data.values()))
    told = plain(people.mails.to("ada@example.org")[-1])
    assert "was changed. You were signed out everywhere else." in told and next(iter(data.values())) not in told
    assert (await other.get("/people/me")).status_code == 303
    assert (await people.client.get("/people/me")).status_code == 200
