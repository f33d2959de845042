"""One organisation in the middle of its work: something drafted, published, held, claimed, approved, in a payment run,
said and unanswered."""

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import UUID

import asyncpg
import httpx
import nats

from deploy.demo import first_half
from deploy.demo.play import Outcome, Story, Theatre, id_in, play
from deploy.demo.story import STEPS
from deploy.demo.visitor import Visitor
from deploy.local.instance import Instance
from deploy.local.processes import free_port
from deploy.local.runner import RunningOrganisation
from deploy.local.servers import temporary_directory
from deploy.provisioning.parts import DATABASES, SERVICES
from shared.db import new_id
from shared.identity import Role, SignIn, cookie_name, issue_token
from shared.messaging.streams import stream_name
from shared.web.answers import PARAMETER

T = TypeVar("T")


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that differ."""
    return [table for table in after if after[table] != before[table]]


PEOPLE = {
    "driver": "maya@example.org",
    "voucher_taker": "colin@example.org",
    "stranger": "zainab@example.org",
    "third": "lucia@example.org",
    "coordinator": "priya.coordinator@example.org",
    "approver": "grace.approver@example.org",
    "finance": "nadia.finance@example.org",
    "operator": "sam.operator@example.org",
}
"""driver: has an open claim. voucher_taker: is in a payment run. third: waits for an approver. stranger: takes part in
nothing."""
_MOVE_BY_THEMSELVES = ("outbox", "inbox", "business_clock", "dead_letters", "alembic_version", "spans")
_BUT_READING = " WHERE what !~ 'read|^message-'"
"""That somebody read what another asked for in confidence is written down each time, whatever else they did. Of a
message it matters that it was written, not how far its mail has come since."""


@dataclass
class Organisation:
    """The running organisation, who is in it, and a look into its databases."""

    instance: Instance
    kept: dict[str, str]
    """Addresses and ids that a test needs, by what they are."""
    ids: dict[str, UUID] = field(default_factory=dict)
    """The ids of PEOPLE."""
    told: list[Outcome] = field(default_factory=list)
    """What became of the demo's story, which was told here first."""

    def __post_init__(self) -> None:
        self.runner = asyncio.Runner()
        self._connections: dict[str, asyncpg.Connection] = {}
        self._looks: dict[str, str] = {}
        self._clients: dict[str, httpx.Client] = {}
        rows = self.rows("people", "SELECT id, email FROM people")
        by_email = {row["email"]: row["id"] for row in rows}
        self.ids = {part: by_email[email] for part, email in PEOPLE.items() if email in by_email}

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        for connection in self._connections.values():
            self.runner.run(connection.close())
        self.runner.close()

    # Who asks

    @property
    def url(self) -> str:
        return self.instance.local_url

    def token(self, part: str, *more_roles: Role) -> str:
        """A sign-in of one of PEOPLE, with the roles they have."""
        roles = self.rows("people", "SELECT roles FROM people WHERE id = $1", self.ids[part])[0]["roles"]
        sign_in = SignIn(
            self.ids[part], new_id(), frozenset({*map(Role, roles), *more_roles}), factor_at=datetime.now(UTC)
        )
        return issue_token(self.instance.signing_key(), self.instance.facts.organisation, sign_in)

    def client(self, part: str | None) -> httpx.Client:
        """The browser of one of PEOPLE, or of a visitor (None). Does not follow redirects."""
        name = part or "a visitor"
        if name not in self._clients:
            self._clients[name] = self.visitor(part).client
            self._clients[name].follow_redirects = False
            self._clients[name]._transport = _SeesAnswers(self._clients[name]._transport)
            self._clients[name].timeout = 60
        return self._clients[name]

    def visitor(self, part: str | None) -> Visitor:
        """One of PEOPLE, signed in without waiting for the mail."""
        visitor = Visitor(self.url, part or "a visitor")
        if part:
            transport: Any = visitor.client._transport
            made = -1000.0

            def stay_signed_in(_: httpx.Request) -> None:
                """A token lives ten minutes; a slow machine takes longer."""
                nonlocal made
                if time.monotonic() - made > 120:
                    transport.cookies[cookie_name(self.instance.facts.organisation)] = self.token(part)
                    made = time.monotonic()

            visitor.client.event_hooks = {"request": [stay_signed_in]}
        return visitor

    # What is kept

    def rows(self, service: str, sql: str, *values: Any) -> list[Any]:
        return self.runner.run(self._rows(service, sql, *values))

    async def _rows(self, service: str, sql: str, *values: Any) -> list[Any]:
        if service not in self._connections:
            self._connections[service] = await asyncpg.connect(self.instance.owner_url(service))
        return await self._connections[service].fetch(sql, *values)

    def looks(self, service: str) -> dict[str, str]:
        """Each table of a service in short: two looks are equal if no row differs."""
        return self.runner.run(self._looks_of(service))

    async def _looks_of(self, service: str) -> dict[str, str]:
        if service not in self._looks:
            tables = await self._rows(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            names = [row["tablename"] for row in tables if row["tablename"] not in _MOVE_BY_THEMSELVES]
            each = (
                "SELECT '{0}' AS name, count(*) || ':' || coalesce(sum(hashtextextended({1}::text, 0)), 0) AS look "
                'FROM "{0}" t{2}'
            )
            parts = {"messages": ("message_id", ""), "steps": ("t", _BUT_READING)}
            self._looks[service] = " UNION ALL ".join(each.format(name, *parts.get(name, ("t", ""))) for name in names)
        return {row["name"]: row["look"] for row in await self._rows(service, self._looks[service])}

    def everything(self) -> dict[str, str]:
        """The looks of every service in one: "payments.claims" and so on."""
        return {f"{service}.{table}": look for service in SERVICES for table, look in self.looks(service).items()}

    def files(self) -> set[str]:
        """Every file that services keep."""
        return {
            str(path.relative_to(self.instance.directory))
            for path in (self.instance.directory / "storage").rglob("*")
            if path.is_file()
        }

    def operator(self) -> httpx.Client:
        return _operator(self.instance)

    def wait_until_quiet(self) -> None:
        """Do what is due, and wait until every event is out and was heard: what changes from now on, a request
        changed."""
        with self.operator() as operator:
            for service in SERVICES:
                [offset] = self.rows(service, "SELECT offset_seconds FROM business_clock")
                operator.post(f"/{service}/operator/clock", json={"offset_seconds": offset[0]}).raise_for_status()
        self.runner.run(self._quiet())

    def wait_until_told(self) -> None:
        """Until people's mails about what was changed before are out."""
        self.runner.run(self._told())

    async def _told(self) -> None:
        async with asyncio.timeout(60):
            while True:
                if not await self._rows("people", "SELECT 1 FROM notices LIMIT 1"):
                    break
                await asyncio.sleep(0.05)

    async def _quiet(self) -> None:
        looker = await nats.connect(self.instance.nats_url("operator"), inbox_prefix="_INBOX.operator")
        streams = looker.jetstream()

        async def still() -> bool:
            for service in SERVICES:
                if await self._rows(service, "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"):
                    return False
            consumers = [each for service in SERVICES for each in await streams.consumers_info(stream_name(service))]
            return all(each.num_pending == 0 and each.num_ack_pending == 0 for each in consumers)

        async with asyncio.timeout(60):
            while True:
                before = [await self._looks_of(service) for service in SERVICES]
                # Twice: what was heard during the first look may have had something to say.
                if (
                    await still()
                    and await still()
                    and before == [await self._looks_of(service) for service in SERVICES]
                ):
                    break
                await asyncio.sleep(0.05)
        await looker.close()


class _SeesAnswers(httpx.BaseTransport):
    """A form that is refused is answered on a page of its own, to which the browser is sent on: that page is the
    answer."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        location = answer.headers.get("location", "")
        if answer.status_code != 303 or f"{PARAMETER}=" not in location:
            return answer
        answer.read()
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in ("content-length", "content-type", "transfer-encoding")
        }
        return self.inner.handle_request(httpx.Request("GET", request.url.join(location), headers=headers))

    def close(self) -> None:
        self.inner.close()


@contextlib.contextmanager
def opened() -> Iterator[Organisation]:
    with temporary_directory() as directory:
        instance = Instance.open(
            "hostile",
            directory / "instance",
            organisation_name="Fenshire Voices",
            mode="demo",
            ports={"web": free_port()},
        )
        _no_limits(instance)
        by_header = patch.dict(
            os.environ, {"FORWARDED_ALLOW_IPS": "127.0.0.1"}
        )  # these tests stand for the proxy that a visitor is behind
        with by_header, RunningOrganisation(instance), contextlib.closing(_lived_in(instance)) as organisation:
            yield organisation


def _operator(instance: Instance) -> httpx.Client:
    """The command line, with a fresh token for each request."""

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["authorization"] = f"Bearer {instance.operator_token()}"
        return request

    return httpx.Client(
        base_url=instance.local_url, auth=sign, headers={"accept": "application/json"}, timeout=60, trust_env=False
    )


def _no_limits(instance: Instance) -> None:
    """Somebody who tries a thousand things from one address would only ever be told to wait."""
    often = "='100000/hour'\n"
    limits = [f"CHORUS_SIGN_IN_LIMIT_{limit}{often}" for limit in ("PER_ADDRESS", "PER_ADDRESS_ANYWHERE", "PER_CLIENT")]
    instance.env_file("people").write_text("".join(limits))
    for part in DATABASES:
        with instance.env_file(part).open("a") as file:
            file.write(f"CHORUS_ANONYMOUS_POSTS{often}")


def _lived_in(instance: Instance) -> Organisation:
    """Tell the demo's story from end to end, then begin it once more and leave something in every state."""
    with _operator(instance) as operator:
        story = Story.read(
            Theatre(
                instance.local_url,
                instance.facts.ports["imap"],
                instance.facts.passwords["mail"],
                operator,
                people_database=instance.database_url("people"),
            )
        )
        try:
            told = play(story, STEPS, lambda _: None, lambda _: None)
            organisation = Organisation(instance, {}, told=told)
            _play(story, organisation)
            organisation.wait_until_quiet()
            return organisation
        finally:
            story.close()


def _play(story: Story, organisation: Organisation) -> None:
    first_half.publish(story)
    story.kept["link"] = f"/opportunities/{story.kept['opportunity']}"
    first_half.take_places(story)
    with (
        organisation.visitor("third") as third,
        organisation.visitor("approver") as approver,
        organisation.visitor("finance") as finance,
    ):
        third.open(f"{story.kept['link']}/take-part")
        third.press("Take a place")
        place = id_in(third.page.path)
        first_half.hold_session(story)
        coordinator, driver, voucher_taker = (story.person(part) for part in ("coordinator", "driver", "voucher_taker"))
        register = coordinator.page.path
        coordinator.fill(**{f"present-{place}": "yes", f"minutes-{place}": "60"}).press("Save the register")
        claims = {visitor.who: _claim_of(visitor) for visitor in (driver, voucher_taker, third)}
        driver.open(f"{claims[driver.who]}/fare")
        driver.fill(what="Bus to the library", amount="4.20").press("Add it")
        line = driver.page.path
        driver.open(f"{claims[driver.who]}/fare")
        driver.fill(what="Bus home again", amount="4.20").press("Add it")
        receipt = ("receipt.jpg", (first_half.HERE / "receipt.jpg").read_bytes(), "image/jpeg")
        driver.fill(receipt=receipt).press("Send the receipt")
        for visitor in (voucher_taker, third):
            visitor.open(f"{claims[visitor.who]}/thanks")
            visitor.fill(recognition="vouchers").press("Continue")
            visitor.open(f"{claims[visitor.who]}/check")
            visitor.press("Send my claim")
        approver.open(f"/payments/approve/{id_in(claims[voucher_taker.who])}")
        approver.press("Approve")
        finance.open("/payments/runs")
        finance.press("Make a payment run")
        _give_feedback(driver, story.kept["opportunity"])
        coordinator.open("/opportunities/staff/new")
        coordinator.fill(title="A draft", kind="survey").press("Save")
        organisation.kept |= {
            "opportunity": story.kept["opportunity"],
            "staff": story.kept["staff"],
            "draft": coordinator.page.path,
            "register": register,
            "driver_place": story.kept["driver_place"],
            "receipt_line": line,
            "run": finance.page.path,
            **{f"{who.replace(' ', '_')}_claim": claim for who, claim in claims.items()},
        }


def _claim_of(visitor: Visitor) -> str:
    def look() -> str | None:
        found = [
            each
            for each in visitor.open("/payments/claims").links("/payments/claims/")
            if re.fullmatch(r"/payments/claims/[0-9a-f-]{36}", each)
        ]
        return found[0] if found else None

    return _until(look)


def _until(look: Callable[[], T | None], within: float = 60) -> T:
    deadline = time.monotonic() + within
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
    return found


def _give_feedback(giver: Visitor, opportunity: str) -> None:
    giver.open(f"/feedback/give?opportunity={opportunity}")
    giver.fill(about="opportunity").press("Continue")
    giver.fill(words="The stairs are steep. A lift would help.").press("Continue")
    giver.fill(named="yes").press("Continue")
    giver.fill(may_show="yes").press("Continue")
    giver.fill(hear_by="in-app").press("Continue")
    giver.press("Send")
    giver.expect("We have your feedback")
