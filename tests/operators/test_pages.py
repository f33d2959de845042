"""The operator's pages on two real services: one that says events, one that hears them."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from bs4 import BeautifulSoup
from fastapi import FastAPI
from sqlalchemy import text

from services.operators.domain import who_is_behind
from services.operators.settings import Settings
from shared.db import Command, Transaction, new_id
from shared.identity import Role, cookie_name
from shared.messaging import outbox, steps
from shared.service import Service
from tests.messaging.support import SEEN, SOMEBODY, Listener, place_taken, tell, teller
from tests.operators.support import operator_app, serving
from tests.support.apps import client_of, eventually, settings_for, signed_in
from tests.support.servers import ORGANISATION

GONE = "http://127.0.0.1:9"


@dataclass
class Organisation:
    """The operator's app, two services, and an operator's browser."""

    app: FastAPI
    browser: httpx.AsyncClient
    teller: Service
    listener: Listener
    stranger: httpx.AsyncClient
    services: dict[str, str] = field(default_factory=dict)

    async def page(self, path: str, status: int = 200) -> BeautifulSoup:
        answer = await self.browser.get(path)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html.parser")


@contextlib.asynccontextmanager
async def organisation(folder: Path, postgres: Any, nats: Any) -> AsyncIterator[Organisation]:
    (folder / "one").mkdir()
    service, app = teller(folder, postgres.bare_database("opportunities"), nats)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats)
    async with serving(app) as telling, serving(listener.app) as listening:
        urls = {"opportunities": telling, "payments": listening}
        operator = operator_app(folder, postgres.database("operator"), urls, nats)
        async with (
            operator.router.lifespan_context(operator),
            client_of(operator) as browser,
            client_of(operator) as stranger,
        ):
            signed_in(browser, Role.OPERATOR)
            yield Organisation(
                operator, browser, service, listener, stranger, operator.state.service.settings.service_urls
            )


async def _claim(tx: Transaction, claim_id: UUID) -> None:
    """What payments does when it hears of an attendance."""
    await steps.add(tx, "claim-opened", about=claim_id, amount_pence=1500)
    await outbox.add(tx, place_taken(place_id=claim_id))


async def test_a_claims_way_is_shown_from_both_services_and_called_whole(folder, postgres, nats_server):
    claim_id = new_id()
    async with organisation(folder, postgres, nats_server) as here:
        await here.teller.database.run(Command("record-attendance", SOMEBODY), lambda tx: _claim(tx, claim_id))
        await eventually(lambda: _rows(here.listener.service, "inbox"))
        shown = await here.page(f"/operator/claims/{claim_id}")
        rows = [(row["data-service"], row["data-kind"], row["data-what"]) for row in shown.select("tr[data-kind]")]
        assert rows == [
            ("opportunities", "command", "record-attendance"),
            ("opportunities", "change", "claim-opened"),
            ("opportunities", "event-published", "opportunities.place-taken.v1"),
            ("payments", "event-received", "opportunities.place-taken.v1"),
        ]
        assert "Whole" in _heading(shown)
        assert "amount pence 1500" in shown.text
        told = (await here.browser.get(f"/operator/api/claims/{claim_id}")).json()
        assert told["whole"] is True
        assert [step["what"] for step in told["steps"]] == [what for _, _, what in rows]


def _heading(page: BeautifulSoup) -> str:
    return page.select("h1")[0].text


async def _rows(service: Service, table: str) -> int:
    return await service.database.read(lambda tx: tx.scalar(text(f"SELECT count(*) FROM {table}")))


async def test_a_service_that_does_not_answer_is_named_on_the_pages(folder, postgres, nats_server):
    claim_id = new_id()
    async with organisation(folder, postgres, nats_server) as here:
        await here.teller.database.run(Command("record-attendance", SOMEBODY), lambda tx: _claim(tx, claim_id))
        here.services["payments"] = GONE
        shown = await here.page(f"/operator/claims/{claim_id}")
        assert "payments did not answer; its part is missing." in shown.text
        assert "Not whole" in _heading(shown)
        home = await here.page("/operator")
        assert "It does not answer." in home.text
        assert "Payments did not answer" in (await here.page("/operator/dead-letters")).text


async def test_an_unknown_claim_is_not_found(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        assert "No part of the system knows this claim" in str(await here.page(f"/operator/claims/{new_id()}", 404)), (
            "and a way on stands there"
        )
        await here.page("/operator/claims/not-an-id", 404)
        assert (await here.browser.get(f"/operator/api/claims/{new_id()}")).status_code == 404


async def test_a_claim_is_found_by_its_number(folder, postgres, nats_server):
    claim_id = new_id()
    async with organisation(folder, postgres, nats_server) as here:
        answer = await here.browser.post("/operator/claims", data={"claim": f" {claim_id} "})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/operator/claims/{claim_id}")
        wrong = await here.browser.post("/operator/claims", data={"claim": "<b>seven</b>"})
        assert wrong.status_code == 422
        assert "Enter the claim’s number" in wrong.text
        assert "<b>seven</b>" not in wrong.text
        assert "Which claim?" in (await here.page("/operator/claims")).text


async def test_the_home_page_says_how_services_and_queues_stand(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        await tell(here.teller, place_taken())
        await eventually(lambda: _rows(here.listener.service, "inbox"))

        async def ready() -> bool:
            home = (await here.browser.get("/operator")).text
            return home.count("Ready") == 2 and "payments-opportunities" in home and "Every message was handled" in home

        await eventually(ready)


def test_a_service_is_behind_if_another_has_gone_further_and_not_if_it_says_nothing():
    behind = who_is_behind({"people": 183_600, "payments": 90_000, "feedback": None, "gateway": 183_599})
    assert {name: said.partition(" behind ")[0] for name, said in behind.items()} == {
        "payments": "its business time is 1 day 2 hours",
        "gateway": "its business time is 1 second",
    }
    assert who_is_behind({"people": 60, "payments": 60, "feedback": None}) == who_is_behind({}) == {}


async def test_the_home_page_says_whose_business_time_is_behind(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        assert "behind" not in (await here.page("/operator")).text
        moving = text("UPDATE business_clock SET offset_seconds = 183600")
        await here.teller.database.run(Command("move-business-time", SOMEBODY), lambda tx: tx.execute(moving))
        await here.teller.read_clock()
        home = (await here.page("/operator")).text
        assert home.count("its business time is 2 days 3 hours behind that of other services") == 1
        assert "`chorus clock advance 1m` brings all to one time." in home


async def test_the_home_page_says_that_nats_is_away(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        nats_server.kill()

        async def told() -> bool:
            home = (await here.browser.get("/operator")).text
            return "NATS does not answer" in home and "NATS is away" in home

        await eventually(told)


async def test_a_message_that_could_not_be_handled_is_listed_inspected_and_tried_again(
    folder, postgres, nats_server, monkeypatch
):
    monkeypatch.setattr("shared.messaging.consumer.DELAYS", ())
    async with organisation(folder, postgres, nats_server) as here:
        event = place_taken()
        here.listener.fails_on.add(event.place_id)
        await tell(here.teller, event)
        await eventually(lambda: _rows(here.listener.service, "dead_letters"))
        listed = await here.page("/operator/dead-letters")
        address = str(listed.select("a[href*='/dead-letters/payments/']")[0]["href"])
        assert "secret" not in listed.text

        dead_letter = await here.page(address)
        assert "failed: RuntimeError" in dead_letter.text
        assert str(event.place_id) in dead_letter.text
        again = await here.browser.post(f"{address}/replay")
        assert again.status_code == 422
        assert "It failed again" in again.text

        here.listener.fails_on.clear()
        done = await here.browser.post(f"{address}/replay")
        assert (done.status_code, done.headers["location"]) == (303, "/operator/dead-letters")
        assert await here.listener.seen() == [event.place_id]
        assert not (await here.page("/operator/dead-letters")).select("a[href*='/dead-letters/payments/']")
        assert (await here.page("/operator/dead-letters?all=true")).select("a[href*='/dead-letters/payments/']")
        assert "try again" not in (await here.page(address)).text


async def test_an_unknown_message_or_service_is_not_found(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        await here.page(f"/operator/dead-letters/payments/{new_id()}", 404)
        await here.page(f"/operator/dead-letters/gone/{new_id()}", 404)
        assert (await here.browser.post(f"/operator/dead-letters/gone/{new_id()}/replay")).status_code == 404
        here.services["payments"] = GONE
        assert "payments did not answer" in (await here.page(f"/operator/dead-letters/payments/{new_id()}", 422)).text
        silent = await here.browser.post(f"/operator/dead-letters/payments/{new_id()}/replay")
        assert silent.status_code == 422
        assert "Nothing was changed" in silent.text


PATHS = [
    "/operator",
    "/operator/claims",
    f"/operator/claims/{UUID(int=7)}",
    "/operator/dead-letters",
    f"/operator/dead-letters/payments/{UUID(int=7)}",
]


async def test_the_pages_are_for_operators_alone(folder, postgres, nats_server):
    async with organisation(folder, postgres, nats_server) as here:
        for path in PATHS:
            assert (await here.stranger.get(path)).headers["location"].startswith("/people/sign-in")
        assert (await here.stranger.get(f"/operator/api/claims/{UUID(int=7)}")).status_code == 401
        for role in Role:
            if role is not Role.OPERATOR:
                signed_in(here.stranger, role)
                assert [(await here.stranger.get(path)).status_code for path in PATHS] == [403] * len(PATHS)
                assert (
                    await here.stranger.post(f"/operator/dead-letters/payments/{UUID(int=7)}/replay")
                ).status_code == 403


async def test_a_sign_in_that_a_service_refuses_shows_nothing(folder, postgres, nats_server):
    """The operator's app hears no events: that a sign-in ended it learns from the services."""
    async with organisation(folder, postgres, nats_server) as here:
        async with here.teller.database.engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO ended_sessions (session_id) VALUES (:id)"), {"id": _sign_in_id(here.browser)}
            )
        answer = await here.browser.get("/operator/dead-letters")
        assert answer.headers["location"].startswith("/people/sign-in")


def _sign_in_id(browser: httpx.AsyncClient) -> UUID:
    payload = browser.cookies[cookie_name(ORGANISATION)].split(".")[1]
    return UUID(json.loads(base64.urlsafe_b64decode(payload + "=="))["sid"])


@pytest.mark.parametrize("value", ["not json", "[1]", '{"payments": 7}'])
def test_a_start_without_proper_addresses_says_which_setting_is_wrong(folder, value, capsys):
    settings = settings_for(
        Settings, folder, "postgresql://operator:x@localhost/operator", service_urls={}, trace_token="x"
    )
    lines = [
        f"CHORUS_{name.upper()}='{getattr(settings, name)}'"
        for name in ("organisation", "organisation_name", "public_url", "database_url")
    ]
    lines += [
        "CHORUS_NATS_URL=nats://x",
        f"CHORUS_SESSION_KEYS={settings.session_keys}",
        "CHORUS_TRACE_TOKEN=x",
        f"CHORUS_SERVICE_URLS='{value}'",
    ]
    (folder / "operator.env").write_text("\n".join(lines))
    with pytest.raises(SystemExit):
        Settings.load(folder / "operator.env")
    assert "CHORUS_SERVICE_URLS" in capsys.readouterr().err
