"""Asking for codes too often: guessing is slow, and nobody is shut out by what others do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.identity import Role
from shared.operations import notices
from shared.web import forget_counts
from tests.people.support import World, a_person, running_people
from tests.support.apps import signed_in

Database = Callable[[str], str]
ADA = "ada@example.org"


def somebody(people: World, host: str, *, browser: httpx.AsyncClient | None = None) -> httpx.AsyncClient:
    """Another visitor, from this connection; with the cookies of a browser, if there is one."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=people.app, raise_app_exceptions=False, client=(host, 4711)),
        base_url="https://localhost",
        headers={"sec-fetch-site": "same-origin", "accept": "text/html"},
    )
    client.cookies = httpx.Cookies(browser.cookies) if browser else client.cookies
    return client


async def ask(client: httpx.AsyncClient, email: str = ADA) -> int:
    return (await client.post("/people/sign-in", data={"email": email})).status_code


async def test_strangers_do_not_shut_a_person_out_of_their_own_browser(
    folder: Path, service_database: Database
) -> None:
    async with running_people(
        folder, service_database("people"), sign_in_limit_per_address_anywhere="4/hour"
    ) as people:
        await a_person(people)
        await people.sign_in(ADA)
        assert [await ask(somebody(people, f"203.0.113.{number}")) for number in range(6)] == [
            303,
            303,
            303,
            429,
            429,
            429,
        ]
        known = somebody(people, "198.51.100.7", browser=people.client)
        assert [await ask(known) for _ in range(3)] == [303] * 3
        assert await ask(somebody(people, "198.51.100.7")) == 429
        assert (
            await ask(known, "nobody@example.org") == 303
        )  # known to Ada alone, and counted like anybody's for others


async def test_one_stranger_uses_up_only_their_own(people: World) -> None:
    await a_person(people)
    assert [await ask(somebody(people, "203.0.113.9")) for _ in range(8)] == [303] * 6 + [429] * 2
    assert await ask(people.client) == 303


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", "." * 900, "a.20000-" + "0" * 32, "a.²-1", "a.99999999999-1"])
async def test_a_forged_cookie_knows_nobody(folder: Path, service_database: Database, cookie: str) -> None:
    async with running_people(
        folder, service_database("people"), sign_in_limit_per_address_anywhere="1/hour"
    ) as people:
        await a_person(people)
        assert await ask(people.client) == 303
        forger = somebody(people, "203.0.113.9")
        headers = {"cookie": f"__Host-known-test={cookie}".encode()}
        answer = await forger.post("/people/sign-in", data={"email": ADA}, headers=headers)  # pyrefly: ignore
        assert answer.status_code == 429


async def test_a_browser_knows_those_who_signed_in_with_it_and_no_more_than_twenty(people: World) -> None:
    ada, bo = await a_person(people), await a_person(people, "Bo", "bo@example.org")
    await people.sign_in(ADA)
    browsers, cookie = people.app.state.gateways.browsers, people.client.cookies["__Host-known-test"]
    assert browsers.knows(cookie, ada) and not browsers.knows(cookie, bo)
    people.client.cookies.delete("__Host-chorus-test")
    await people.sign_in("bo@example.org")
    both = people.client.cookies["__Host-known-test"]
    assert browsers.knows(both, ada) == browsers.knows(both, bo) == browsers.knows(cookie, ada)
    for _ in range(30):
        both = browsers.remember(both, bo)
    assert len(both.split(".")) == 3


async def test_limits_survive_a_restart_and_count_over_processes(folder: Path, service_database: Database) -> None:
    url, limit = service_database("people"), {"sign_in_limit_per_address": "2/hour"}
    async with running_people(folder, url, **limit) as people:
        assert [await ask(people.client) for _ in range(2)] == [303] * 2
    async with running_people(folder, url, **limit) as one, running_people(folder, url, **limit) as other:
        assert [await ask(one.client), await ask(other.client)] == [429, 429]
        assert await ask(one.client, "bo@example.org") == await ask(other.client, "bo@example.org") == 303
        assert await ask(one.client, "bo@example.org") == 429


async def test_no_address_stands_in_the_counts_and_they_are_forgotten(people: World) -> None:
    await ask(people.client)
    rows = await people.rows("SELECT what, encode(whose, 'escape') AS whose FROM limit_counts")
    assert len(rows) == 4 and not any("ada" in row.whose or "127.0" in row.whose for row in rows)
    await people.write("UPDATE limit_counts SET at = at - interval '3 days'")
    await people.do(forget_counts("1/day"))
    assert await people.rows("SELECT 1 FROM limit_counts") == []


async def test_what_happened_before_the_hour_counts_no_more(folder: Path, service_database: Database) -> None:
    async with running_people(folder, service_database("people"), sign_in_limit_per_address="2/hour") as people:
        assert [await ask(people.client) for _ in range(3)] == [303, 303, 429]
        await people.write("UPDATE limit_counts SET at = at - interval '71 minutes'")
        assert await ask(people.client) == 303


async def test_an_ipv6_home_is_one_connection(folder: Path, service_database: Database) -> None:
    async with running_people(folder, service_database("people"), sign_in_limit_per_address="2/hour") as people:
        hosts = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::7", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::1"]
        assert [await ask(somebody(people, host)) for host in hosts] == [303, 303, 429, 303]


async def test_a_coordinator_opens_a_door_for_an_afternoon(folder: Path, service_database: Database) -> None:
    async with running_people(
        folder, service_database("people"), sign_in_limit_per_client="2/hour", sign_in_limit_with_door="6/hour"
    ) as people:
        cora = await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
        here = somebody(people, "203.0.113.80")
        signed_in(here, Role.COORDINATOR, person_id=cora)
        drop_in = somebody(people, "203.0.113.80")
        assert [await ask(drop_in, f"p{number}@example.org") for number in range(3)] == [303, 303, 429]
        assert "Open the door here" in (await here.get("/people/staff/door")).text
        assert (await here.post("/people/staff/door")).status_code == 303
        assert [await ask(drop_in, f"q{number}@example.org") for number in range(5)] == [303] * 4 + [429]
        assert (await drop_in.post("/people/join")).status_code == 303
        doors = {
            responder.subject: responder for responder in people.service.responders if ".doors." in responder.subject
        }
        assert set(doors) == {"people.doors.opportunities", "people.doors.feedback"}
        asked = doors["people.doors.feedback"]
        assert [(await asked.answer(people.service, {"client": f"203.0.113.{last}"}))["open"] for last in (80, 81)] == [
            True,
            False,
        ]
        elsewhere = somebody(people, "203.0.113.81")
        assert [await ask(elsewhere, f"r{number}@example.org") for number in range(3)] == [303, 303, 429]
        shown = (await here.get("/people/staff/door")).text
        assert "The door is open where you are" in shown and "Cora" in shown and "203.0.113" not in shown
        [door] = await people.rows("SELECT id FROM doors")
        assert (await here.post(f"/people/staff/door/{door.id}/close")).status_code == 303
        assert await ask(drop_in, "s@example.org") == 429
        assert [len(await people.steps(what)) for what in ("door-opened", "door-closed")] == [1, 1]


@pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.APPROVER, Role.FINANCE])
async def test_doors_are_the_coordinators(people: World, role: Role) -> None:
    signed_in(people.client, role)
    assert (await people.client.get("/people/staff/door")).status_code == 403
    assert (await people.client.post("/people/staff/door")).status_code == 403


async def test_a_door_closes_by_itself(folder: Path, service_database: Database) -> None:
    async with running_people(folder, service_database("people"), sign_in_limit_per_client="1/hour") as people:
        cora = await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
        here = somebody(people, "203.0.113.80")
        signed_in(here, Role.COORDINATOR, person_id=cora)
        await here.post("/people/staff/door")
        await people.write("UPDATE doors SET until = clock_timestamp()")
        drop_in = somebody(people, "203.0.113.80")
        assert [await ask(drop_in, f"p{number}@example.org") for number in range(2)] == [303, 429]


async def test_beginning_to_join_has_a_limit(folder: Path, service_database: Database) -> None:
    async with running_people(folder, service_database("people"), sign_in_limit_per_client="3/hour") as people:
        assert [(await people.visitor().post("/people/join")).status_code for _ in range(5)] == [303] * 3 + [429] * 2
        assert len(await people.rows("SELECT 1 FROM joinings")) == 3


async def test_guessing_over_many_accounts_raises_an_alarm(folder: Path, service_database: Database) -> None:
    async with running_people(folder, service_database("people"), guessing_alarm_accounts=3) as people:
        service: Any = people.service
        [watch] = [job for job in service.jobs if job.name == "look-for-guessing"]
        for number in range(3):
            await service.run_job(watch)
            assert (await notices(service))["guessing"] == "ok"
            await a_person(people, "Somebody", f"p{number}@example.org")
            page = await people.ask_for_code(f"p{number}@example.org")
            for _ in range(4):
                await people.client.post(page, data={"code": "1"})
        await service.run_job(watch)
        assert "3 accounts" in (await notices(service))["guessing"]
        assert "chorus_people_accounts_with_wrong_codes 3.0" in (await people.client.get("/people/metrics")).text
