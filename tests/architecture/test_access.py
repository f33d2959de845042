"""Every route says who may use it: exactly one of anyone, signed_in, only(...)."""

import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from deploy.local.instance import Instance
from deploy.provisioning.parts import DATABASES, package_of
from shared.identity import signed_in
from tests.support.apps import client_of

PARTS = DATABASES
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    made = Instance.open("test", tmp_path_factory.mktemp("instance"), mode="test")
    made.settle_ports()
    made.write_settings()
    return made


def declarations(route: RouteContext) -> list[str]:
    """Who may use a route, as its dependencies say it."""
    found: dict[Any, str] = {}
    effective: Any = route._effective_route
    waiting = list(effective.dependant.dependencies)
    while waiting:
        dependant = waiting.pop()
        access = getattr(dependant.call, "access", None)
        if access:
            found[dependant.call] = access
        else:
            waiting += dependant.dependencies
    return list(found.values())


def routes_of(app: FastAPI) -> list[RouteContext]:
    return [route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, APIRoute)]


@pytest.mark.parametrize("part", PARTS)
def test_every_route_declares_who_may_use_it(part: str, instance: Instance):
    module: Any = import_module(f"{package_of(part)}.app")
    app = module.create_app(module.Settings.load(instance.env_file(part)))
    undeclared = [
        f"{sorted(route.methods or ())} {route.path}: {declarations(route)}"
        for route in routes_of(app)
        if len(declarations(route)) != 1
    ]
    assert len(routes_of(app)) > 10
    assert undeclared == []


def test_who_may_is_named_once():
    """A second name for the same people would one day be another rule."""
    again = re.compile(
        r"Annotated\[SignIn(?: \| None)?, Depends\((?:anyone|signed_in|signed_in_in_full|only\(Role\.\w+(?:, recently=True)?\))\)\]"  # noqa: E501
    )
    assert again.search("who: Annotated[SignIn, Depends(only(Role.OPERATOR, recently=True))]")
    found = [
        str(path)
        for each in ("services", "shared")
        for path in (ROOT / each).rglob("*.py")
        if again.search(path.read_text())
    ]
    assert found == [str(ROOT / "shared" / "identity.py")]


def test_a_route_that_does_not_say_is_seen():
    router = APIRouter()

    @router.get("/open")
    async def nothing_said() -> None: ...

    @router.get("/closed", dependencies=[Depends(signed_in)])
    async def said() -> None: ...

    app = FastAPI()
    app.include_router(router)
    assert [route.path for route in routes_of(app) if not declarations(route)] == ["/open"]


def test_the_list_names_every_service():
    services = {f"services.{path.parent.name}" for path in Path("services").glob("*/app.py")}
    assert services == {package_of(part) for part in PARTS}


@pytest.mark.parametrize("part", PARTS)
async def test_everything_that_visitors_may_post_has_a_limit(part: str, instance: Instance):
    """Whatever a route says besides: after so many posts without signing in, a connection is told to wait."""
    module: Any = import_module(f"{package_of(part)}.app")
    settings = module.Settings.from_file(instance.env_file(part))
    app = module.create_app(settings)
    app.state.service.anonymous_posts = SimpleNamespace(count=AsyncMock(side_effect=HTTPException(429)))
    for route in routes_of(app):
        if "POST" in (route.methods or ()) and "anyone" in declarations(route):
            async with client_of(app) as client:
                answer = await client.post(re.sub(r"{[^}]*}", "00000000-0000-7000-8000-000000000000", str(route.path)))
            assert answer.status_code == 429, route.path
