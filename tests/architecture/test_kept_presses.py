"""What was kept at a browser while somebody signed in again is done nowhere before they looked: in all services."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from sqlalchemy import text
from starlette.responses import PlainTextResponse, Response

from deploy.local.instance import Instance
from deploy.provisioning.parts import DATABASES, package_of
from shared import web
from shared.db import SYSTEM, Command, Database, kept_unread, new_id
from shared.reasons import Refused
from shared.web import again
from shared.web.kept import look_at, reads_a_form
from tests.support.apps import client_of

UNREAD = "This was not done yet"
PRESS = {"content": "_kept=yes&answer=own-words", "headers": {"content-type": "application/x-www-form-urlencoded"}}
SESSION = "/opportunities/staff/{opportunity_id:uuid}/sessions/{session_id:uuid}"
TAKES_NOTHING = {
    "/people/session/hold": "keeps it again",
    "/people/session/renew": "sends it on, or keeps it again",
    "/people/staff/people/search": "holds what is searched for",
    f"{SESSION}/walk-in/search": "holds what is searched for",
    "/opportunities/staff/{opportunity_id:uuid}/contributions/add/search": "holds what is searched for",
    f"{SESSION}/register/walk-in": "holds a half-filled register",
}
LEAST_THAT_SHOW = {"people": 20, "opportunities": 25, "payments": 30, "feedback": 15, "notifications": 1, "operator": 1}


def posts(app: FastAPI) -> Iterator[tuple[RouteContext, Any]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and "POST" in (route.methods or ()):
            yield route, route.original_route.endpoint


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    made = Instance.open("test", tmp_path_factory.mktemp("instance"), mode="test")
    made.settle_ports()
    made.write_settings()
    return made


@pytest.mark.parametrize("part", DATABASES)
async def test_a_kept_press_does_nothing_in_any_route_that_reads_no_form(
    part: str, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before who may is asked, before the route begins: neither our database nor another process hears of it."""
    module: Any = import_module(f"{package_of(part)}.app")
    app = module.create_app(module.Settings.load(instance.env_file(part)))
    shown = []
    async with client_of(app) as client:
        for route, endpoint in posts(app):
            address = app_address(route)
            if reads_a_form(endpoint):
                shown.append(address)
            elif hasattr(endpoint, "carries_what_was_kept"):
                assert route.path in TAKES_NOTHING
            elif hasattr(endpoint, "shows_its_page_again"):
                token = kept_unread.set(True)
                with pytest.raises(Refused, match="SIGN-IN"):
                    look_at(endpoint)
                kept_unread.reset(token)
            else:
                answer = await client.post(address, **PRESS)
                assert (answer.status_code, UNREAD in answer.text) == (422, True), address
                assert not kept_unread.get()
    assert len(shown) >= LEAST_THAT_SHOW.get(part, 0), "their writers would lose what they typed"


def app_address(route: RouteContext) -> str:
    return re.sub(r"{\w+(:uuid)?}", str(UUID(int=7)), str(route.path))


async def test_a_route_that_shows_its_page_again_shows_it_before_it_begins() -> None:
    app, done = FastAPI(), list[str]()

    web.install(app, prefix="/test", organisation="The Open Door", templates=Path(__file__).parent)

    def shown(request: Request, problem: Refused) -> Response:
        return PlainTextResponse(f"The page: {problem.reasons[0].text}", 422)

    @app.post("/test/press")
    @again(shown)
    async def press(request: Request) -> Response:
        done.append("pressed")
        return PlainTextResponse("Done")

    async with client_of(app) as client:
        kept = await client.post("/test/press", **PRESS)
        assert (kept.status_code, kept.text[:9], UNREAD in kept.text, done) == (422, "The page:", True, [])
        for way in ("?_kept=yes", "?_kept=yes#x"):  # an address is anybody's to write: the body alone says it
            assert (await client.post(f"/test/press{way}")).status_code == 200
        assert done == ["pressed", "pressed"]


async def test_whatever_writes_before_its_form_was_read_is_refused() -> None:
    """By run, and by a bare transaction: the consumers' way, which an operator's replay takes."""
    database = Database("postgresql://nobody@localhost:1/none")
    token = kept_unread.set(True)
    try:
        with pytest.raises(Refused, match="SIGN-IN"):
            await database.run(Command("anything", SYSTEM), lambda tx: tx.all(text("SELECT 1")))
        with pytest.raises(Refused, match="SIGN-IN"):
            async with database.transaction(new_id(), SYSTEM):
                pass
    finally:
        kept_unread.reset(token)
