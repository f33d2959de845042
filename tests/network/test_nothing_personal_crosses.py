"""NET-01, NET-02, seen from the hub: the demo's whole story is played, and every byte that the hub stored or passed on
is searched for every value that the organisations hold and no public schema names.

What each message may hold is proven one by one in tests/gateway (egress, sealing) and tests/contracts: this finds what
nobody thought of.
"""

import asyncio
import contextlib
import lzma
import re
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import pytest

from deploy.cli.demo import told
from deploy.demo.play import play
from deploy.demo.story import NETWORK_STEPS, STEPS
from deploy.demo.visitor import Visitor
from deploy.hub.hub import Hub
from deploy.local.region import Region
from deploy.local.servers import temporary_directory
from deploy.provisioning.parts import DATABASES
from shared.events import network
from tests.network.region import connected

pytestmark = pytest.mark.timeout(500)

SENSITIVE = {
    ("people", "people"): ("name", "known_as", "email", "phone", "postal_address"),
    ("opportunities", "guest_places"): ("code",),
    ("opportunities", "places"): ("guest_code",),
    ("payments", "bank_details"): ("account_name", "masked"),
}
"""Short values that are searched for, too; of all other columns only what is long enough not to be a word of the
protocol."""
SHORTEST = 6
"""Fewer letters than this happen to be in a sealed message by chance."""
BAGGAGE = "person=Zebedee-Quillfeather"
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type IN ('text', 'character varying',
   'uuid', 'jsonb', 'ARRAY')
"""


@dataclass
class Seen:
    """What went through the hub and what lies there."""

    messages: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    stored: list[bytes] = field(default_factory=list)

    @property
    def everything(self) -> bytes:
        passed = [f"{subject}\n{headers}".encode() + b"\n" + body for subject, headers, body in self.messages]
        plain = [*passed, *self.stored, *(text.replace(b'\\"', b'"') for text in self.stored if b"MSG_PAYLOAD" in text)]
        return b"\n".join([*plain, *(text for body in plain for text in unpacked(body))])

    @property
    def public(self) -> str:
        """All that may be read there: the fields that public classes name, and the headers that every message has."""
        texts = [BORDER_WORDS]
        for subject, headers, body in self.messages:
            parts = subject.split(".")
            if "public" in parts and (arrives := _ARRIVES.get(parts[-2])) is not None:
                texts.append(arrives.model_validate_json(body).model_dump_json())
            if "public" in parts and parts[-2] == network.OrganisationAnnounced.name:
                texts.append(body.decode())
            texts += [value for name, value in headers.items() if name.lower() in ALLOWED_HEADERS]
        return "\n".join([*texts, *(text.replace('\\"', '"') for text in texts)])


ALLOWED_HEADERS = {
    "chorus-signature",
    "nats-msg-id",
    "ce-id",
    "ce-time",
    "ce-type",
    "ce-specversion",
    "content-type",
    "traceparent",
}
BORDER_WORDS = "organisation-announced organisation-removed application/json application/octet-stream sealed"


class _PublicShared(network.listings.OpportunityShared):
    owner, name = "border", "opportunity-shared"


class _PublicWithdrawn(network.listings.OpportunityWithdrawn):
    owner, name = "border", "opportunity-withdrawn"


_ARRIVES = {"opportunity-shared": _PublicShared, "opportunity-withdrawn": _PublicWithdrawn}


def unpacked(body: bytes) -> Iterator[bytes]:
    """What would be readable after decompressing."""
    for start in range(min(len(body), 64)):
        for unpack in (
            lambda data: zlib.decompress(data, 47),
            lambda data: zlib.decompress(data, -15),
            lzma.decompress,
        ):
            with contextlib.suppress(Exception):
                if text := unpack(body[start:]):
                    yield text


_UUID = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


def leaks(values: Iterable[tuple[str, str]], found: bytes, public: str) -> list[str]:
    """Where the values stand (table and column, never the value) that can be read at the hub although no public schema
    names them."""
    found_lower = found.lower()
    ids = {match.replace(b"-", b"").decode() for match in _UUID.findall(found_lower)}
    wrong = set()
    for value, places in _by_value(values).items():
        try:
            number = UUID(value)
            is_there = number.hex in ids or number.bytes in found
        except ValueError:
            is_there = value.lower().encode() in found_lower
        if is_there and value not in public:
            wrong |= places
    return sorted(wrong)


def _by_value(values: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    places: dict[str, set[str]] = {}
    for place, value in values:
        places.setdefault(value, set()).add(place)
    return places


def test_the_search_finds_a_leak_in_any_form():
    person = "0199a1b2-0000-7000-8000-000000000001"
    values = [("people.people.name", "Edie Marlow"), ("people.people.id", person)]
    assert leaks(values, b"nothing here", "") == []
    assert leaks(values, b"... edie marlow ...", "") == ["people.people.name"]
    assert leaks(values, b"..." + UUID(person).bytes + b"...", "") == ["people.people.id"]
    assert leaks(values, b"... Edie Marlow ...", "a title that names Edie Marlow") == []
    assert b"Edie Marlow" in b"".join(unpacked(b"\0\1" + zlib.compress(b"Edie Marlow")))


@pytest.mark.slow
async def test_net_01_net_02_the_hub_never_holds_what_no_public_schema_names(monkeypatch: pytest.MonkeyPatch):
    _write_down_all_traffic(monkeypatch)
    with temporary_directory() as directory, Region(directory / "region") as region:
        problems = await asyncio.to_thread(_play, region)
        assert problems == []
        seen = Seen(await stored_at(region.hub))
        values = [
            value for organisation in region.organisations.values() async for value in values_of(organisation.instance)
        ]
        public_url = next(iter(region.organisations.values())).url
        region.hub.stop()
        seen.stored += [
            path.read_bytes()
            for path in sorted((directory / "region" / "hub").rglob("*"))
            if path.is_file() and "certs" not in path.parts
        ]
    everything, public = seen.everything, seen.public
    assert public_url in public
    assert b"Try out the new crisis line" in everything, "what is public is there: the search looks in the right place"
    assert sum("sealed" in subject for subject, _, _ in seen.messages) >= 10, "sealed messages went over the hub"
    assert any(b"MSG_PAYLOAD" in text for text in seen.stored), "the traffic was written down"
    assert len(values) > 1000
    assert leaks([*values, ("headers.baggage", "Zebedee-Quillfeather")], everything, public) == []
    headers = {name.lower() for _, headers, _ in seen.messages for name in headers}
    assert {name for name in headers if not name.startswith("nats-")} <= ALLOWED_HEADERS, (
        "beside what JetStream adds on its way"
    )
    assert not any("traceparent" in headers for subject, headers, _ in seen.messages if "sealed" in subject)


def _write_down_all_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's log then holds every line and every payload that passes, decrypted and decompressed."""
    config_of = Hub.config_of
    monkeypatch.setattr(Hub, "config_of", lambda *arguments: config_of(*arguments) + "\ntrace: true\n")


def _play(region: Region) -> list[str]:
    with told(region) as story:
        for organisation in region.organisations.values():  # what a caller sends along
            visitor = Visitor(organisation.url, "a visitor")
            visitor.client.headers["baggage"] = BAGGAGE
            visitor.open("/opportunities")
        outcomes = play(story, (*STEPS, *NETWORK_STEPS), lambda _: None, lambda _: None)
        return [f"{outcome.step.title}: {outcome.problem}" for outcome in outcomes if outcome.problem]


async def stored_at(hub: Hub) -> list[tuple[str, dict[str, str], bytes]]:
    """All that lies in the hub's streams: subject, headers, body."""
    messages = []
    async with connected(hub.client_urls(), "_INBOX.provision") as client:
        context = client.jetstream(timeout=10)
        for info in await context.streams_info():
            for number in range(info.state.first_seq, info.state.last_seq + 1 if info.state.messages else 0):
                message = await context.get_msg(str(info.config.name), number)
                messages.append((str(message.subject), dict(message.headers or {}), message.data or b""))
    return messages


async def values_of(instance) -> AsyncIterator[tuple[str, str]]:
    """(database.table.column, value) of everything an organisation holds that is more than a word of the protocol."""
    for database in DATABASES:
        connection = await asyncpg.connect(instance.owner_url(database))
        try:
            for table, column, kind in await connection.fetch(_COLUMNS):
                if table in ("alembic_version", "spans"):
                    continue
                short = column in SENSITIVE.get((database, table), ())
                place = f"{database}.{table}.{column}"
                for (value,) in await connection.fetch(
                    f'SELECT DISTINCT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL'
                ):
                    if (short and len(value) >= SHORTEST) or (
                        (kind != "text" or " " in value or "@" in value) and len(value) >= 12
                    ):
                        yield place, value
        finally:
            await connection.close()
