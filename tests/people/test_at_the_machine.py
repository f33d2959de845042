"""`chorus administrator`, at the machine and in a container: the first two administrators, and a second step taken away
that nobody else can."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.containers import PEOPLE_DATABASE, SIGNING_KEY, URLS
from deploy.cli.main import app
from shared.identity import Role
from tests.people.support import World, a_person
from tests.people.test_second_step import code_of, set_up
from tests.support.apps import signed_in

ADA, BO, CAT = "ada@example.org", "bo@example.org", "cat@example.org"


@pytest.fixture
def in_a_container(people: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docker-compose.yml has it for `docker compose run --rm chorus ...`."""
    monkeypatch.setenv(URLS, json.dumps({"people": "http://people:8000"}))
    monkeypatch.setenv(SIGNING_KEY, str(folder / "signing-key.json"))
    monkeypatch.setenv(PEOPLE_DATABASE, people.service.settings.database_url)


async def chorus(*words: str, input: str | None = None) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["administrator", *words], input=input)


async def an_administrator(people: World, email: str) -> UUID:
    """Somebody who signed in and set up their second step."""
    person_id = await a_person(people, email.partition("@")[0].title(), email, roles=["administrator"])
    await people.sign_in(email)
    await set_up(people)
    return person_id


async def test_in_a_container_the_first_two_administrators_are_made_and_no_third(
    people: World, in_a_container: None
) -> None:
    first = await chorus("add", ADA, "--full-name", "Ada Byron", "--json")
    assert (first.exit_code, json.loads(first.stdout)["roles"]) == (0, ["administrator"]), first.output
    assert (await chorus("add", BO, "--full-name", "Bo Quill")).exit_code == 0
    third = await chorus("add", CAT, "--full-name", "Cat Marsh", "--json")
    assert third.exit_code == 1 and "two" in json.loads(third.stdout)["error"].lower()
    assert (await people.sign_in(ADA)).headers["location"].startswith("/people/confirm")
    assert [
        (step.actor_kind, step.facts["administrators"]) for step in await people.steps("first-administrator-made")
    ] == [("operator", 1), ("operator", 2)]


async def test_in_a_container_without_the_database_it_says_what_is_missing(
    people: World, in_a_container: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PEOPLE_DATABASE)
    said = await chorus("add", ADA, "--full-name", "Ada Byron", "--json")
    assert said.exit_code == 3 and PEOPLE_DATABASE in json.loads(said.stdout)["error"]
    monkeypatch.setenv(PEOPLE_DATABASE, "postgresql://people:wrong@127.0.0.1:9/people")
    away = await chorus("add", ADA, "--full-name", "Ada Byron", "--json")
    assert away.exit_code == 3 and "does not answer" in json.loads(away.stdout)["error"]


async def test_one_of_two_administrators_who_lost_phone_and_codes_gets_in_again(
    people: World, in_a_container: None
) -> None:
    ada, bo = await an_administrator(people, ADA), await an_administrator(people, BO)
    lost = people.visitor()
    await people.sign_in(ADA, lost)
    signed_in(people.client, Role.ADMINISTRATOR, person_id=bo)
    assert (await people.client.post(f"/people/staff/people/{ada}/second-step")).status_code == 303
    assert (
        "Another administrator has to confirm it"
        in (
            await people.client.post(f"/people/staff/people/{ada}/second-step/answer", data={"answer": "confirmed"})
        ).text
    )

    unsure = await chorus("reset-second-step", ADA, input="n\n")
    assert (
        unsure.exit_code == 1 and "sign in with a code by email" in unsure.stdout and "Ring them first" in unsure.stdout
    )
    assert len(await people.rows("SELECT 1 FROM factors")) == 2

    done = await chorus("reset-second-step", ADA, input="y\n")
    assert done.exit_code == 0, done.output
    assert [row.person_id for row in await people.rows("SELECT person_id FROM factors")] == [bo]
    assert {row.person_id for row in await people.rows("SELECT person_id FROM recovery_codes")} == {bo}
    assert (await lost.get("/people/me")).status_code == 303  # signed out everywhere
    [step] = await people.steps("second-step-taken-away-at-the-machine")
    assert (step.actor_kind, step.about) == ("operator", ada)
    [told] = await people.events("second-step-changed")
    assert (told["what"], told["person_id"], set(told["administrators"])) == (
        "taken-away",
        str(ada),
        {str(ada), str(bo)},
    )
    await people.sign_in(ADA, lost)
    assert (await lost.get("/people/confirm")).headers["location"] == "/people/second-step"
    late = await people.client.post(f"/people/staff/people/{ada}/second-step/answer", data={"answer": "confirmed"})
    assert "answered in the meantime" in late.text


async def test_where_two_others_can_do_it_on_their_pages_the_machine_does_not(
    people: World, in_a_container: None
) -> None:
    for email in (ADA, BO, CAT):
        await an_administrator(people, email)
    refused = await chorus("reset-second-step", ADA, "--yes", "--json")
    assert refused.exit_code == 1 and "Two other administrators" in json.loads(refused.stdout.splitlines()[-1])["error"]
    assert len(await people.rows("SELECT 1 FROM factors")) == 3 and await people.events("second-step-changed") == []


@pytest.mark.parametrize(
    ("email", "says"), [("nobody@example.org", "Nobody here has this address"), (ADA, "no second step to take away")]
)
async def test_what_cannot_be_taken_away_is_said(people: World, in_a_container: None, email: str, says: str) -> None:
    await a_person(people, "Ada", ADA, roles=["administrator"])
    refused = await chorus("reset-second-step", email, "--yes", "--json")
    assert refused.exit_code == 1 and says in json.loads(refused.stdout.splitlines()[-1])["error"]


async def test_a_code_of_the_old_app_is_worth_nothing_afterwards(people: World, in_a_container: None) -> None:
    await a_person(people, "Ada", ADA, roles=["administrator"])
    await people.sign_in(ADA)
    secret, _ = await set_up(people)
    assert (await chorus("reset-second-step", ADA, "--yes")).exit_code == 0
    await people.sign_in(ADA)
    assert (await people.client.post("/people/confirm", data={"code": code_of(secret)})).status_code == 404
