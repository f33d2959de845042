"""What every service offers to those who run it: health, metrics, its part of a claim's way, dead letters, invariants,
business time.

Only operators may use it, except for health, which says nothing about anyone.
"""

import functools
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import text

from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator, Operator, anyone
from shared.messaging import dead_letters, steps
from shared.messaging.consumer import is_away, reason_of
from shared.messaging.streams import durable_name, stream_name
from shared.reasons import Missing, Reason, refuse
from shared.text import counted

BEHIND_SECONDS = 30
"""The relay is behind when a committed event has waited longer than this."""
_BACKLOG = text(
    "SELECT count(*) AS rows, coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0) AS oldest FROM "
    "outbox WHERE published_at IS NULL"
)
_PARKED = text("SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL")
_MOVE = text(
    "UPDATE business_clock SET offset_seconds = :seconds WHERE offset_seconds <= :seconds RETURNING offset_seconds"
)


class StepsQuestion(BaseModel):
    ids: list[UUID] = Field(default=[], max_length=5000)
    caused_by: list[UUID] = Field(default=[], max_length=5000)
    about: list[UUID] = Field(default=[], max_length=5000)


class Closing(BaseModel):
    because: Literal["stray", "unreadable", "settled"]


class ClockMove(BaseModel):
    offset_seconds: int = Field(ge=0, le=10 * 366 * 86400)


routes = APIRouter()


@functools.cache  # independent of any one app
def router(name: str) -> APIRouter:
    under = APIRouter(prefix=f"/{name}")
    under.include_router(routes)
    return under


@routes.get("/health/live", dependencies=[Depends(anyone)])
async def live(request: Request) -> dict[str, str]:
    return {"status": "ok", "service": request.app.state.service.name}


@routes.get("/health/ready", dependencies=[Depends(anyone)])
async def ready(request: Request) -> JSONResponse:
    service = request.app.state.service
    checks = await readiness(service)
    good = all(check == "ok" for check in checks.values())
    told = {
        "status": "ok" if good else "not ready",
        "service": service.name,
        "checks": checks,
        "notices": await notices(service),
    }
    return JSONResponse(told, status_code=200 if good else 503)


@routes.get("/metrics", dependencies=[Depends(anyone)])
async def metrics(request: Request) -> Response:
    service = request.app.state.service
    service.backlog.set((await service.database.read(_backlog))[0])
    return Response(generate_latest(service.registry), media_type=CONTENT_TYPE_LATEST)


@routes.get("/api/asyncapi.json", dependencies=[Depends(anyone)])
async def what_it_says_and_hears(request: Request) -> dict[str, Any]:
    return request.app.state.service.described


@routes.get("/operator/steps")
async def steps_about(request: Request, who: Operator, about: UUID) -> dict[str, Any]:
    return await _steps(request, StepsQuestion(about=[about]))


@routes.post("/operator/steps")
async def steps_found(request: Request, who: Operator, question: StepsQuestion) -> dict[str, Any]:
    return await _steps(request, question)


@routes.get("/operator/state")
async def state(request: Request, who: Operator) -> dict[str, Any]:
    service = request.app.state.service
    waiting, oldest = await service.database.read(_backlog)
    parked = await service.database.read(lambda tx: tx.scalar(_PARKED))
    return {
        "service": service.name,
        "checks": await readiness(service) | await notices(service),
        "outbox_waiting": waiting,
        "outbox_oldest_seconds": oldest,
        "dead_letters": parked,
        "business_time": service.clock.now(),
        "business_offset_seconds": round(service.clock.offset.total_seconds()),
        "running_since": service.began_at,
        "jobs": [job.name for job in service.jobs],
    }


@routes.get("/operator/invariants")
async def invariants(request: Request, who: Operator) -> dict[str, Any]:
    service = request.app.state.service
    broken = await broken_invariants(service)
    return {"service": service.name, "checked": len(service.invariants), "broken": broken}


@routes.get("/operator/dead-letters")
async def dead_letters_page(
    request: Request, who: Operator, replayed_too: bool = False, after: str = ""
) -> dict[str, Any]:
    service = request.app.state.service
    found, next_after = await service.database.read(
        lambda tx: dead_letters.waiting(tx, after, replayed_too=replayed_too)
    )
    return {"service": service.name, "dead_letters": found, "next_after": next_after}


@routes.get("/operator/dead-letters/{dead_letter_id}")
async def dead_letter(request: Request, who: Operator, dead_letter_id: UUID) -> dict[str, Any]:
    return await request.app.state.service.database.read(lambda tx: dead_letters.inspect(tx, dead_letter_id))


@routes.post("/operator/dead-letters/{dead_letter_id}/replay")
async def replay(request: Request, who: ConfirmedOperator, dead_letter_id: UUID) -> JSONResponse:
    service = request.app.state.service
    found = await service.database.read(lambda tx: dead_letters.inspect(tx, dead_letter_id))
    consumer = service.stream_consumers.get(found["consumer"])
    if consumer is None:
        raise Missing
    if found["replayed_at"]:
        refuse(dead_letters.WAITS_NO_LONGER)

    async def who_replayed(tx: Transaction) -> None:
        tx.actor = who.actor
        await steps.add(tx, "dead-letter-replayed", about=found["event_id"])

    try:
        await consumer.replay(dead_letter_id, who_replayed)
    except Exception as error:
        service.log.warning("replay-failed", dead_letter=str(dead_letter_id), error=type(error).__name__)
        if is_away(error):
            refuse(Reason("OPS", "What is needed for it does not answer now. It stays parked: try again later."))
        reason = reason_of(error)
        await service.database.run(
            Command("try-dead-letter-again", who.actor),
            lambda tx: dead_letters.failed_again(tx, dead_letter_id, reason),
        )
        refuse(Reason("OPS", f"It failed again. The reason: {reason}. It stays parked."))
    return JSONResponse({"replayed": str(dead_letter_id)})


@routes.post("/operator/dead-letters/{dead_letter_id}/close")
async def close(request: Request, who: ConfirmedOperator, dead_letter_id: UUID, closing: Closing) -> JSONResponse:
    await request.app.state.service.database.run(
        Command("close-dead-letter", who.actor), lambda tx: dead_letters.close(tx, dead_letter_id, closing.because)
    )
    return JSONResponse({"closed": str(dead_letter_id)})


@routes.post("/operator/clock")
async def move_clock(request: Request, who: ConfirmedOperator, move: ClockMove) -> dict[str, Any]:
    service = request.app.state.service
    if service.settings.mode not in ("demo", "test"):
        raise HTTPException(403, "Business time can only be moved in a demo or a test.")

    async def moved(tx: Transaction) -> None:
        if await tx.scalar(_MOVE, {"seconds": move.offset_seconds}) is None:
            refuse(Reason("OPS", "Business time only moves forward."))
        await steps.add(tx, "business-time-moved", offset_seconds=move.offset_seconds)

    await service.database.run(Command("move-business-time", who.actor), moved)
    service.clock.offset = timedelta(seconds=move.offset_seconds)
    for job in service.jobs:
        await service.run_job(job)
    return {"service": service.name, "business_time": service.clock.now()}


async def _steps(request: Request, question: StepsQuestion) -> dict[str, Any]:
    service = request.app.state.service
    found = await service.database.read(
        lambda tx: steps.find(tx, ids=question.ids, caused_by=question.caused_by, about=question.about)
    )
    return {
        "steps": [{"service": service.name, **step} for step in found[: steps.MOST_FOUND]],
        "more": len(found) > steps.MOST_FOUND,
    }


async def _backlog(tx: Transaction) -> tuple[int, float]:
    row = await tx.one(_BACKLOG)
    return row.rows, float(row.oldest)


NOT_REACHED = (
    "missing, or NATS does not let us ask for it ({}). After an upgrade NATS must read the users' rights anew: "
    "`chorus prepare --nats-config`,"
    " reload NATS, `chorus provision` (README, In production)"
)
"""NATS refuses a request by not answering, so from here we cannot tell what is missing from what is not allowed."""


async def readiness(service: Any) -> dict[str, str]:
    """What the service needs to do its work: "ok", or what is wrong."""
    checks: dict[str, str] = {}
    try:
        _, oldest = await service.database.read(_backlog)
        checks["database"] = "ok"
        checks["relay"] = "ok" if oldest < BEHIND_SECONDS else f"behind by {oldest:.0f} seconds"
    except Exception as error:
        checks["database"] = f"does not answer ({type(error).__name__})"
    for owner in service.consumers.owners():
        checks[f"consumer {durable_name(service.name, owner)}"] = await _consumer_state(service, owner)
    for name, check in service.checks.items():
        checks[name] = await check()
    return checks


async def notices(service: Any) -> dict[str, str]:
    """What its operator must know although the service is ready: "ok", or what is wrong."""
    told = {name: await notice() for name, notice in service.notices.items()}
    if service.settings.mode == "production":
        told["business time"] = moved_ahead(service.clock.offset)
    return told


def moved_ahead(offset: timedelta) -> str:
    """Business time decides every deadline and date of payment: only a demo's may be moved."""
    days = -(-offset // timedelta(days=1))
    return f"was moved ahead by {counted(days, 'day')}, as only a demo's may be" if offset else "ok"


async def _consumer_state(service: Any, owner: str) -> str:
    client = service.nats()
    if client is None or not client.is_connected:
        return "NATS is away"
    try:
        await client.jetstream(timeout=1).consumer_info(stream_name(owner), durable_name(service.name, owner))
    except Exception as error:
        return NOT_REACHED.format(type(error).__name__)
    return "ok"


async def broken_invariants(service: Any) -> dict[str, list[str]]:
    """Sentences that are violated, each with at most twenty of the ids that violate it."""
    broken: dict[str, list[str]] = {}
    for sentence, sql in service.invariants.items():
        rows = await service.database.read(lambda tx, sql=sql: tx.all(text(sql)))
        if rows:
            broken[sentence] = [str(row[0]) for row in rows[:20]]
    return broken
