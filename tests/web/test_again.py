"""A POST that is refused answers with the page it came from."""

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from shared.reasons import Reason, refuse
from shared.web import again


def _page(request: Request, item: int, problem: Exception | None = None) -> Response:
    return PlainTextResponse(f"{item}: {problem}", 422)


app = FastAPI()


@app.post("/{item}")
@again(_page)
async def post(request: Request, item: int, other: str = "") -> Response:
    refuse([Reason("PAY-01", "No.")] if other else [])
    return PlainTextResponse("done")


async def test_what_is_refused_shows_the_page_again_with_the_problem_and_what_the_route_knows():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.post("/7")).text == "done"
        refused = await client.post("/7?other=yes")
        assert (refused.status_code, refused.text) == (422, "7: PAY-01")
        assert (await client.post("/seven")).status_code == 422  # the route still reads its own parameters


def test_a_page_that_needs_what_the_route_does_not_have_fails_at_once():
    async def route(request: Request) -> Response: ...

    with pytest.raises(TypeError, match="route has no item for _page"):
        again(_page)(route)
