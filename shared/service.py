"""Wires every service in the same way: pages and API, consumers, relay, jobs, answers to requests, health.

A service's app.py says what it has; this says how it runs. The lifespan starts everything that waits for NATS in the
background, so that pages work while the broker is away, and what was done meanwhile is carried out when it is back.
"""

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import nats.errors
import structlog
from fastapi import APIRouter, FastAPI, Request
from nats.aio.client import Client
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import text

from shared import operations, telemetry, web
from shared.clock import BusinessClock
from shared.db import SYSTEM, Command, Database, Transaction
from shared.events.people import SessionEnded
from shared.helped import Helped, Names
from shared.identity import SignInKeys, end_sign_in
from shared.mail import MailServer, MailSettings
from shared.messaging import asyncapi
from shared.messaging.broker import answering, ensure_consumer, make_broker, subscribe
from shared.messaging.consumer import StreamConsumer
from shared.messaging.handling import Consumers
from shared.messaging.relay import Relay
from shared.settings import ServiceSettings

REQUEST_SECONDS = 3.0
_BREATH = 1.0  # machine seconds within which everything done counts as one, for the jobs that follow it
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that comes due. work: async (tx) -> None, in one transaction; or work_outside: async (service) -> None,
    which waits for the outside world and opens its own transactions. Runs every so many machine seconds, and at once
    when business time is moved. Jobs with work take turns: together they need one connection, even if all begin at
    once. Must be idempotent. after_commits: it runs, too, soon after this program has recorded something."""

    name: str
    every: float
    work: Callable[[Transaction], Awaitable[Any]] | None = None
    work_outside: Callable[["Service"], Awaitable[Any]] | None = None
    after_commits: bool = False


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers request-reply on a subject: async (service, request) -> answer, JSON both ways."""

    subject: str
    answer: Callable[["Service", dict[str, Any]], Awaitable[dict[str, Any]]]


class Replaying(Protocol):
    """Anything that parks messages: it can retry one."""

    async def replay(self, dead_letter_id: UUID, actor_step: Callable[[Transaction], Awaitable[Any]]) -> None: ...


class Service:
    """What a running service has at hand."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self.name = name
        self.settings: Any = settings
        self.clock = BusinessClock()
        self.began_at = datetime.now(UTC)
        """Machine time."""
        self.tracer_provider = telemetry.tracer_provider(name, settings.organisation, _version())
        self.tracer = self.tracer_provider.get_tracer("chorus")
        self.database = Database(settings.database_url, self.clock, self.tracer)
        self.sign_in_keys = SignInKeys(settings.session_keys, settings.organisation)
        self.broker = make_broker(settings.nats_url, name, settings.organisation)
        self.anonymous_posts = web.AnonymousPosts(settings.anonymous_posts)
        self.log = structlog.get_logger(name).bind(service=name)
        self.registry = CollectorRegistry()
        self.published = Counter("chorus_events_published", "Events that JetStream has stored", registry=self.registry)
        self.consumed = Counter("chorus_events_consumed", "Events handled and acknowledged", registry=self.registry)
        self.parked = Counter("chorus_events_parked", "Events parked as dead letters", registry=self.registry)
        self.backlog = Gauge("chorus_outbox_waiting", "Events committed and not yet published", registry=self.registry)
        self.relay = Relay(
            database_url=settings.database_url,
            source=f"/chorus/{settings.organisation}/{name}",
            connection=self.nats,
            poll_seconds=settings.relay_poll_seconds,
            published=self.published,
        )
        self.database.after_commit.append(self.relay.poke)
        self.consumers = Consumers(name)
        self.stream_consumers: dict[str, Replaying] = {}
        """By name, as dead letters know them."""
        self.checks: dict[str, Callable[[], Awaitable[str]]] = {}
        """What it needs to be ready, besides what every service needs: each answers "ok", or what is wrong."""
        self.notices: dict[str, Callable[[], Awaitable[str]]] = {}
        """What its operator must know though pages work: answers as checks do, but never makes it unready."""
        self.mail = MailServer(settings) if isinstance(settings, MailSettings) else None
        self.responders: Sequence[Responder] = ()
        self.jobs: Sequence[Job] = ()
        self.helped: Callable[[UUID], Awaitable[Helped]] = Names(name, self.requests).of
        """Who somebody is, for the head of a helper's pages."""
        self.invariants: Mapping[str, str] = {}

    def stream_consumer(self, owner: str) -> StreamConsumer:
        """What takes this owner's events."""
        return StreamConsumer(self, self.consumers, owner)

    @functools.cached_property
    def described(self) -> dict[str, Any]:
        """Its AsyncAPI document."""
        return asyncapi.document(
            self.name, _version(), self.consumers, [responder.subject for responder in self.responders]
        )

    def nats(self) -> Client | None:
        """The NATS client once there has been a connection."""
        return self.broker.client

    async def requests(self, subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Asks another service by request-reply. Raises ConnectionError or TimeoutError if it does not answer."""
        client = self.nats()
        if client is None or not client.is_connected:
            raise ConnectionError("NATS is away")
        try:
            reply = await client.request(subject, json.dumps(payload, default=str).encode(), timeout=REQUEST_SECONDS)
        except nats.errors.Error as error:
            raise ConnectionError(f"no answer on {subject}: {type(error).__name__}") from None
        answer = json.loads(reply.data)
        if "error" in answer:
            raise ConnectionError(f"no answer on {subject}: {answer['error']}")
        return answer

    async def run_job(self, job: Job) -> None:
        if job.work_outside is not None:
            await job.work_outside(self)
        if job.work is not None:
            await self.database.run(Command(job.name, SYSTEM), job.work)

    async def read_clock(self) -> None:
        """Business time's offset, kept in this service's own database."""

        async def offset(tx: Transaction) -> int:
            return await tx.scalar(text("SELECT offset_seconds FROM business_clock"))

        self.clock.offset = timedelta(seconds=await self.database.read(offset))


def of(request: Request) -> Service:
    return request.app.state.service


def create_app(
    service: Service,
    *,
    pages: Sequence[APIRouter] = (),
    api: Sequence[APIRouter] = (),
    consumers: Consumers | None = None,
    jobs: Sequence[Job] = (),
    responders: Sequence[Responder] = (),
    background: Sequence[Callable[[Service], Awaitable[None]]] = (),
    invariants: Mapping[str, str] | None = None,
    limits: Sequence[str] = (),
    templates: Path,
) -> FastAPI:
    """The ASGI app of one service. templates is the folder of its Jinja templates; invariants maps a sentence to SQL
    that must return no rows; background is work that lasts as long as the app runs, and is restarted if it fails.
    limits: the rates by which it counts besides the one for anonymous posts, for as long as counts are kept
    (PRI-04)."""
    service.consumers = with_everyones(service.name, consumers)
    service.responders = responders
    _wire_messages(service)
    service.jobs = [*jobs, *_wired_jobs(service, limits)]
    service.invariants = invariants or {}

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with _running(service, background):
            yield

    app = FastAPI(
        title=f"Chorus {service.name}",
        version=_version(),
        lifespan=lifespan,
        openapi_url=f"/{service.name}/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={
            "tracer_provider": service.tracer_provider,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
        },
    )
    app.state.service = service
    settings = service.settings
    shown = {"organisation": settings.organisation_name, "look": settings.look, "duty_number": settings.duty_number}
    shown["council_number"] = settings.council_number
    web.install(app, prefix=f"/{service.name}", templates=templates, today=lambda: service.clock.today(), **shown)
    for router in pages:
        app.include_router(router, include_in_schema=False)
    for router in api:
        app.include_router(router)
    app.include_router(operations.router(service.name), include_in_schema=False)
    return app


def _wire_messages(service: Service) -> None:
    """What it hears and answers, once the broker has started."""
    for owner, events in service.consumers.owners().items():
        consumer = service.stream_consumer(owner)
        service.stream_consumers[consumer.name] = consumer
        subscribe(service.broker, service=service.name, owner=owner, events=events, take=consumer.take)
    service.broker.include_router(
        answering(
            service.name, [(each.subject, functools.partial(each.answer, service)) for each in service.responders]
        )
    )


def _wired_jobs(service: Service, limits: Sequence[str]) -> list[Job]:
    """Jobs of every service that has the means: no app.py need think of them."""
    forget_counts = web.forget_counts(service.settings.anonymous_posts, *limits)
    wired = [Job("forget-old-counts", every=600, work=forget_counts)]
    mail = service.mail
    if mail is None:
        return wired
    service.notices["mail"] = mail.last_state

    async def try_mail_server(_: Service) -> None:
        await mail.try_it()

    return [*wired, Job("try-mail-server", every=600, work_outside=try_mail_server)]


def with_everyones(service: str, own: Consumers | None) -> Consumers:
    """What a service hears: its own events, and those that all of us must hear, which no service can leave out or
    has to list."""
    consumers = Consumers(service)
    if own:
        consumers.include(own)
    if service != SessionEnded.owner:  # people has ended the sign-in itself
        consumers.on(SessionEnded, _end_sign_in)
    return consumers


async def _end_sign_in(tx: Transaction, event: SessionEnded) -> None:
    """Somebody signed out, or has other roles now: refuses the tokens of this sign-in from here on."""
    await end_sign_in(tx, event.session_id)


@contextlib.asynccontextmanager
async def _running(service: Service, background: Sequence[Callable[[Service], Awaitable[None]]]) -> AsyncIterator[None]:
    await _database_is_ready(service)
    tasks = [asyncio.create_task(_connect(service)), asyncio.create_task(service.relay.run())]
    turn = asyncio.Lock()
    tasks += [
        asyncio.create_task(_repeat(service, job, turn if job.work else contextlib.nullcontext()))
        for job in service.jobs
    ]
    tasks += [asyncio.create_task(_going_on(service, work)) for work in background]
    try:
        yield
    finally:
        await _stop(tasks)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(5):
                await service.broker.stop()
        await service.database.close()
        await asyncio.to_thread(service.tracer_provider.shutdown)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancels them until they have ended: nats-py may swallow a cancellation that arrives together with an error of
    its own."""
    pending = set(tasks)
    for attempt in range(30):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=min(0.5, 0.02 * 2**attempt))


async def _database_is_ready(service: Service) -> None:
    """Waits a minute or so for PostgreSQL and the first migration; then says so and stops."""
    for attempt in range(120):
        try:
            await service.read_clock()
            return
        except Exception as error:
            if attempt == 119:
                raise RuntimeError(
                    f"{service.name} cannot reach its database ({type(error).__name__}). Is it running and migrated?"
                ) from None
            await asyncio.sleep(0.5)


async def _connect(service: Service) -> None:
    """Until NATS and the streams are there: connects, makes the durable consumers, subscribes, answers requests."""
    while True:
        try:
            await service.broker.connect()
            for owner, events in service.consumers.owners().items():
                await ensure_consumer(service.broker, service=service.name, owner=owner, events=events)
            await service.broker.start()
            service.relay.poke()
            service.log.info("connected")
            return
        except Exception as error:
            service.log.warning("nats-not-ready", error=type(error).__name__)
            await asyncio.sleep(0.5)


async def _repeat(service: Service, job: Job, turn: contextlib.AbstractAsyncContextManager[None]) -> None:
    recorded = asyncio.Event()
    service.database.after_commit.extend([recorded.set] if job.after_commits else [])
    while True:
        recorded.clear()  # before it looks: what is recorded meanwhile makes it look again
        try:
            async with turn:
                await service.run_job(job)
        except Exception as error:
            service.log.error("job-failed", job=job.name, error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(job.every):
                await recorded.wait()
                await asyncio.sleep(_BREATH)


async def _going_on(service: Service, work: Callable[[Service], Awaitable[None]]) -> None:
    while True:
        try:
            await work(service)
        except Exception as error:
            service.log.error("background-failed", work=work.__name__, error=type(error).__name__)
        await asyncio.sleep(0.5)


@functools.cache
def _version() -> str:
    try:
        return version("chorus")
    except PackageNotFoundError:
        return "0"
