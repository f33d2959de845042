"""An app with shared/web alone: no database, no broker."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar
from unittest.mock import AsyncMock
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, UploadFile
from pydantic import BaseModel, Field, field_validator
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared import web
from shared.helped import Helped
from shared.identity import NotAllowed, NotSignedIn, Role, SignIn
from shared.money import parse_pounds
from shared.reasons import Missing, Reason, Refused
from shared.web import Form, InvalidForm, Paragraphs, again, page, read_form, redirect, site
from tests.support.browser import browser, visitor  # noqa: F401

TEMPLATES = Path(__file__).parent / "templates"
STARTS = datetime(2026, 12, 3, 10, 30, tzinfo=UTC)
KEY = UUID("0199c0de-0000-7000-8000-000000000001")


class Thanks(StrEnum):
    BANK = "bank-transfer"
    VOUCHERS = "vouchers"
    NONE = "none"


class TravelForm(Form):
    """One field of each kind that pages ask for."""

    messages: ClassVar[dict[str, str]] = {
        "miles": "Enter how many miles you drove, like 12",
        "how.missing": "Choose how you want to be thanked",
    }
    miles: Decimal = Field(ge=0, le=500)
    how: Thanks
    fare: int | None = None
    comment: Paragraphs = Field(default="", max_length=500)
    needs: list[str] = Field(default_factory=list)
    agree: bool = False
    starts: date | None = None
    receipt: UploadFile | None = None

    @field_validator("fare", mode="before")
    @classmethod
    def in_pence(cls, typed: Any) -> int:
        return parse_pounds(typed)


class Body(BaseModel):
    miles: int


def build_app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    web.install(app, prefix="/test", organisation="The Open Door", templates=TEMPLATES)
    app.include_router(site.router)
    app.state.service = SimpleNamespace(
        settings=SimpleNamespace(organisation="test"), anonymous_posts=SimpleNamespace(count=AsyncMock())
    )  # what identity asks to know the cookie's name
    app.state.seen = {}
    app.include_router(routes)
    return app


routes = APIRouter()


def show(request: Request, problem: InvalidForm | Refused | None = None) -> Response:
    return page(
        request, "components.html", title="Your travel", problem=problem, starts=STARTS, key=KEY, day=STARTS.date()
    )


@routes.get("/test/travel")
async def ask(request: Request) -> Response:
    return show(request)


@routes.get("/test/mine")
async def mine(request: Request, helping: str = "") -> Response:
    request.state.helped = Helped("Robin <Marsh>" if helping == "named" else "", "our number 1234-5678")
    roles = {Role.COORDINATOR, Role.PARTICIPANT} if helping else {Role.PARTICIPANT}
    who = SignIn(KEY, KEY, frozenset(roles), acting_for=KEY if helping else None)
    return page(request, "components.html", who=who, title="Your travel", starts=STARTS, key=KEY, day=STARTS.date())


@routes.post("/test/travel")
@again(show)
async def take(request: Request) -> Response:
    form = await read_form(request, TravelForm)
    if form.miles > 100:
        raise Refused([Reason("PAY-02", "Above 100 miles, tell us which way you went", "miles")])
    if form.miles == 99:
        raise Refused([Reason("PAY-08", "Choose how you want to be thanked", "recognition")])
    request.app.state.seen["form"] = form
    return redirect("/test/travel", "We added your travel. Thank you – it’s saved.")


@routes.post("/test/plain")
async def uncaught(request: Request) -> Response:
    await read_form(request, TravelForm)
    raise Refused([Reason("PAY-10", "Somebody else must approve your own claim")])


FAILURES: dict[str, Callable[[], Exception]] = {
    "missing": Missing,
    "refused": lambda: Refused([Reason("PAY-10", "Somebody else must approve your own claim", "approver")]),
    "invalid": lambda: InvalidForm({"miles": "Enter how many miles"}, {"miles": "private words"}),
    "not-signed-in": NotSignedIn,
    "expired": lambda: NotSignedIn(expired=True),
    "not-allowed": NotAllowed,
    "unexpected": lambda: RuntimeError("private words"),
}


@routes.api_route("/test/{area}/fail/{kind}", methods=["GET", "POST"])
@routes.api_route("/test/fail/{kind}", methods=["GET", "POST"])
async def fail(kind: str) -> Response:
    raise FAILURES[kind]() if kind in FAILURES else HTTPException(int(kind))


@routes.get("/test/things/{thing_id}")
async def thing(thing_id: UUID) -> dict[str, str]:
    return {"id": str(thing_id)}


@routes.get("/test/things")
async def things() -> None:
    return None


@routes.post("/test/things/mend")
async def mend() -> Response:
    return redirect("/test/things")


@routes.get("/test/parts/{name}")
async def part(name: str) -> None:
    raise Missing


@routes.post("/test/parts/{slug}")
async def change_part(slug: str) -> None:
    raise Missing


@routes.post("/test/things/{thing_id}/end/now")
async def end(thing_id: UUID) -> Response:
    return redirect(f"/test/things/{thing_id}")


@routes.post("/test/api/things")
async def add_thing(body: Body) -> dict[str, int]:
    return {"miles": body.miles}


@routes.get("/test/api/number")
async def number(count: Annotated[int, Field(ge=1)]) -> int:
    return count


@pytest.fixture
def app() -> FastAPI:
    return build_app()


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="https://localhost",
        headers={"sec-fetch-site": "same-origin"},
    )
