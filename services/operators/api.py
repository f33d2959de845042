"""The receiver of spans, and a claim's way as JSON.

It takes spans from the services of this machine or network only, which show a token made by the instance. The address
must not be reachable from outside."""

import asyncio
import secrets
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from services.operators import otlp, spans
from services.operators.finding import find_way, services_of, spans_of_way
from services.operators.told import way_as_json
from shared.db import SYSTEM, new_id
from shared.identity import Operator, declares_access
from shared.reasons import Missing
from shared.service import of

receiver = APIRouter()
router = APIRouter(prefix="/operator/api", tags=["operator"])
AT_ONCE = asyncio.Semaphore(4)
"""Requests that are read at the same time: each may unpack to otlp.LARGEST."""


@declares_access("services that show the trace token")
async def with_trace_token(request: Request) -> None:
    wanted = of(request).settings.trace_token.get_secret_value()
    if not secrets.compare_digest(request.headers.get("x-chorus-trace-token", "").encode(), wanted.encode()):
        raise HTTPException(401)


@receiver.post("/v1/traces", dependencies=[Depends(with_trace_token)], include_in_schema=False)
async def traces(request: Request) -> Response:
    """OTLP/HTTP: 200 when kept, 400 or 413 for what can never be read, 503 for what should be sent again."""
    kind = request.headers.get("content-type", "")
    if AT_ONCE.locked():
        return _refused(503, otlp.UNAVAILABLE, "busy: send again", kind)
    async with AT_ONCE:
        try:
            found = otlp.read(await request.body(), kind, request.headers.get("content-encoding", ""))
        except otlp.TooLarge as problem:
            return _refused(413, otlp.INVALID_ARGUMENT, str(problem), kind)
        except otlp.BadTraces as problem:
            return _refused(400, otlp.INVALID_ARGUMENT, str(problem), kind)
        try:
            async with of(request).database.transaction(new_id(), SYSTEM) as tx:
                await spans.add(tx, found.spans)
        except (DBAPIError, SQLAlchemyError, OSError) as problem:
            of(request).log.warning("spans-not-kept", error=type(problem).__name__)
            return _refused(503, otlp.UNAVAILABLE, "the database is away: send again", kind)
    return Response(otlp.accepted(found.refused, kind), media_type=otlp.answer_type(kind))


def _refused(status: int, code: int, message: str, kind: str) -> Response:
    headers = {"retry-after": "5"} if status == 503 else None
    return Response(otlp.refusal(code, message, kind), status, headers=headers, media_type=otlp.answer_type(kind))


@router.get("/claims/{claim_id}")
async def way_of_claim(request: Request, who: Operator, claim_id: UUID) -> dict[str, Any]:
    """The claim's whole way: its steps in order, what is missing, and the spans that were received."""
    way = await find_way(services_of(request), claim_id)
    if not way.steps and not way.silent:
        raise Missing
    return way_as_json(claim_id, way, await spans_of_way(of(request).database, way))
