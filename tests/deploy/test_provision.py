"""Provisioning: who may do what in PostgreSQL and in NATS, seen by trying it as each of them."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import nats
import nats.errors
import pytest
from nats.aio.client import Client

from deploy.local.servers import NatsServer
from deploy.provisioning.accounts import NATS_USERS, nats_config
from deploy.provisioning.databases import migrate, provision_databases
from deploy.provisioning.parts import DATABASES, SERVICES, owner_of, roles
from deploy.provisioning.streams import provision_streams
from tests.support.apps import eventually
from tests.support.servers import PASSWORD, TestPostgres

ROOT = Path(__file__).resolve().parents[2]

# Databases


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("role", roles())
async def test_a_role_is_refused_by_every_other_database(postgres: TestPostgres, role: str):
    own = role.removesuffix("_owner")
    async with connected(postgres.server.url(own, role, PASSWORD)) as connection:
        assert await connection.fetchval("SELECT current_user") == role
    for database in ({*DATABASES} - {own}) | {"postgres", "template1"}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(postgres.server.url(database, role, PASSWORD))


@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE steps ADD COLUMN more text",
        "DROP TABLE outbox",
        "TRUNCATE steps",
        "ALTER TABLE steps DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "UPDATE steps SET what = 'nothing'",
        "DELETE FROM steps",
        "UPDATE alembic_version SET version_num = '0'",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE notifications_owner",
    ],
)
async def test_a_service_cannot_change_its_own_database(service_database: Callable[[str], str], forbidden: str):
    async with connected(service_database("notifications")) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)


async def test_a_service_reads_and_writes_rows_of_tables_that_its_owner_makes_later(postgres: TestPostgres, service_database: Callable[[str], str]):
    url = service_database("people")
    async with connected(postgres.owner_url(url)) as owner:
        await owner.execute("CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY, word text)")
    async with connected(postgres.server.url("people", owner_of("people"), PASSWORD)) as owner:
        await owner.execute("CREATE TABLE IF NOT EXISTS later (id serial, word text)")
    async with connected(postgres.server.url("people", "people", PASSWORD)) as connection:
        await connection.execute("INSERT INTO later (word) VALUES ('yes')")
        assert await connection.fetchval("UPDATE later SET word = 'no' RETURNING word") == "no"
        await connection.execute("DELETE FROM later")
    async with connected(postgres.server.url("people", owner_of("people"), PASSWORD)) as owner:
        await owner.execute("DROP TABLE later")


async def test_rows_that_stand_for_ever_do_so_by_role_as_well_as_by_trigger(postgres: TestPostgres, service_database: Callable[[str], str]):
    url = service_database("payments")
    never_changed = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_are_never_changed'"
    async with connected(url) as connection:
        tables = [row[0] for row in await connection.fetch(never_changed)]
        rights = [await connection.fetchval("SELECT has_table_privilege($1, 'UPDATE') OR has_table_privilege($1, 'DELETE')", table) for table in tables]
    assert "steps" in tables
    assert not any(rights)
    async with connected(postgres.owner_url(url)) as owner:
        await owner.execute(
            "INSERT INTO steps (id, kind, what, actor_kind, business_at) VALUES (gen_random_uuid(), 'command', 'x', 'system', clock_timestamp())"
        )
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute("UPDATE steps SET what = 'y'")


KEPT = {
    "consents": ["people"],
    "contact_changes": ["people"],
    "role_requests": ["people"],
    "concerns": ["feedback"],
    "payments": ["payments"],
    **{table: list(SERVICES) for table in ("outbox", "inbox", "dead_letters", "ended_sessions", "steps")},
}


@pytest.mark.parametrize(("table", "database"), [(table, database) for table, databases in KEPT.items() for database in databases])
async def test_a_service_takes_nothing_away_that_must_be_found_again(service_database: Callable[[str], str], table: str, database: str):
    """Consents, concerns, ended sign-ins, dead letters, what was said: by role, whatever the program would do."""
    async with connected(service_database(database)) as connection:
        assert await connection.fetchval("SELECT has_table_privilege($1, 'INSERT')", table)
        for forbidden in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)


@pytest.mark.parametrize(
    ("database", "forbidden"),
    [
        ("payments", "UPDATE payments SET amount_pence = 1"),
        ("payments", "UPDATE payments SET participant_id = gen_random_uuid()"),
        ("payments", "UPDATE payments SET end_to_end_id = 'x'"),
        *((service, "UPDATE ended_sessions SET session_id = gen_random_uuid()") for service in SERVICES),
        *((service, "UPDATE dead_letters SET body = 'x'") for service in SERVICES),
    ],
)
async def test_pay_11_a_service_changes_neither_sums_nor_what_was_parked(service_database: Callable[[str], str], database: str, forbidden: str):
    async with connected(service_database(database)) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)
        if database == "payments":
            await connection.execute("UPDATE payments SET state = state")
        await connection.execute("UPDATE dead_letters SET replayed_at = clock_timestamp()")


async def test_provisioning_and_migrating_again_changes_nothing(own_postgres: TestPostgres):
    passwords = dict.fromkeys(roles(), PASSWORD)
    url = own_postgres.server.url("notifications", owner_of("notifications"), PASSWORD)
    migrate("notifications", url)
    async with connected(url) as connection:
        before = await connection.fetchval(
            "SELECT string_agg(relname || relacl::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
    await provision_databases(own_postgres.server.admin_url(), passwords)
    migrate("notifications", url)
    async with connected(url) as connection:
        after = await connection.fetchval(
            "SELECT string_agg(relname || relacl::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
    assert before == after


async def test_a_changed_password_is_taken_over(own_postgres: TestPostgres):
    await provision_databases(own_postgres.server.admin_url(), dict.fromkeys(roles(), "it's another one"))
    async with connected(own_postgres.server.url("feedback", "feedback", "it's another one")):
        pass
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(own_postgres.server.url("feedback", "feedback", PASSWORD))


MIGRATE = "import sys; from deploy.provisioning.databases import migrate; migrate('people', sys.argv[1])"


async def test_migrations_started_at_once_wait_for_each_other(own_postgres: TestPostgres):
    url = own_postgres.server.url("people", owner_of("people"), PASSWORD)
    processes = [await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, url, cwd=ROOT) for _ in range(3)]
    await asyncio.gather(*(asyncio.to_thread(migrate, "people", url) for _ in range(2)))
    assert [await process.wait() for process in processes] == [0, 0, 0]
    async with connected(url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1


async def test_a_migration_that_fails_leaves_the_database_as_it_was(own_postgres: TestPostgres):
    url = own_postgres.server.url("people", owner_of("people"), PASSWORD)
    async with connected(url) as connection:
        await connection.execute("CREATE TABLE steps ()")  # in the way of the first migration
    with pytest.raises(Exception, match="steps"):
        await asyncio.to_thread(migrate, "people", url)
    async with connected(url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1


# NATS


@contextlib.asynccontextmanager
async def client(server: NatsServer, user: str, complaints: list[str] | None = None) -> AsyncIterator[Client]:
    async def heard(problem: Exception) -> None:
        if complaints is not None:
            complaints.append(str(problem).lower())

    connection = await nats.connect(server.client_url(user, PASSWORD), inbox_prefix=f"_INBOX.{user}", error_cb=heard, allow_reconnect=False)
    try:
        yield connection
    finally:
        await connection.close()


async def refused(server: NatsServer, user: str, subject: str) -> bool:
    """Whether the server refuses the user to publish on the subject."""
    complaints: list[str] = []
    async with client(server, user, complaints) as connection:
        await connection.publish(subject, b"{}")
        await connection.flush()
        await asyncio.sleep(0.02)
    return any("permissions violation for publish" in complaint for complaint in complaints)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_speaks_for_itself_alone(nats_server: NatsServer, service: str):
    assert not await refused(nats_server, service, f"{service}.something-happened.v1")
    for other in set(SERVICES) - {service}:
        assert await refused(nats_server, service, f"{other}.something-happened.v1")


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("payments", "people.addresses.notifications"),
        ("payments", "people.cards.notifications"),
        ("feedback", "people.cards.payments"),
        ("payments", "$JS.API.STREAM.DELETE.PAYMENTS"),
        ("payments", "$JS.API.STREAM.PURGE.PAYMENTS"),
        ("payments", "$JS.API.STREAM.UPDATE.PAYMENTS"),
        ("payments", "$JS.API.STREAM.CREATE.MINE"),
        ("payments", "$JS.API.STREAM.MSG.DELETE.PAYMENTS"),
        ("payments", "$JS.API.CONSUMER.DELETE.PEOPLE.feedback-people"),
        ("payments", "$JS.API.CONSUMER.MSG.NEXT.PEOPLE.feedback-people"),
        ("payments", "$JS.API.CONSUMER.CREATE.PEOPLE.feedback-people"),
        ("payments", "$JS.ACK.PEOPLE.feedback-people.1.1.1.1.0"),
        ("payments", "_INBOX.people.x"),
        ("operator", "payments.claim-paid.v1"),
        ("operator", "$JS.API.STREAM.PURGE.PAYMENTS"),
        ("operator", "$JS.API.CONSUMER.CREATE.PAYMENTS.operator"),
        ("operator", "$JS.API.CONSUMER.CREATE.PEOPLE.operator-people"),
        ("operator", "$JS.API.CONSUMER.CREATE.PEOPLE.operator-people.people.person-changed.v1"),
        ("operator", "$JS.API.CONSUMER.DURABLE.CREATE.PEOPLE.operator-people"),
        ("provision", "payments.claim-paid.v1"),
        ("provision", "$JS.API.STREAM.DELETE.PAYMENTS"),
        ("provision", "$JS.API.STREAM.PURGE.PAYMENTS"),
        ("gateway", "opportunities.opportunity-shared.v1"),
        ("gateway", "people.addresses.notifications"),
        ("opportunities", "network.opportunity-shared.v1"),
        ("border-provision", "out.public.opportunity-shared.v1"),
        ("border-provision", "$JS.API.STREAM.DELETE.OUT"),
        ("border-provision", "$JS.API.STREAM.PURGE.OUT"),
        ("border-provision", "$JS.API.STREAM.CREATE.MINE"),
        ("border-provision", "$JS.API.STREAM.MSG.GET.OUT"),
        ("border-provision", "$JS.API.CONSUMER.CREATE.OUT.mine"),
    ],
)
async def test_what_a_user_may_not_do(nats_server: NatsServer, user: str, subject: str):
    assert await refused(nats_server, user, subject)


@pytest.mark.parametrize("subject", ["people.>", "_INBOX.>", "_INBOX.people.>", "$JS.>", ">"])
async def test_no_service_listens_in_on_another(nats_server: NatsServer, subject: str):
    complaints: list[str] = []
    async with client(nats_server, "payments", complaints) as connection:
        await connection.subscribe(subject)
        await connection.flush()
        await asyncio.sleep(0.02)
    assert any("permissions violation for subscription" in complaint for complaint in complaints)


async def test_a_service_consumes_another_ones_events_with_its_own_consumer(nats_server: NatsServer):
    async with client(nats_server, "people") as people, client(nats_server, "payments") as payments:
        await people.jetstream().publish("people.person-changed.v1", b"{}")
        subscription = await payments.jetstream().pull_subscribe("people.person-changed.v1", durable="payments-people", stream="PEOPLE")
        (message,) = await subscription.fetch(1, timeout=5)
        await message.ack_sync()
        assert (await payments.jetstream().consumer_info("PEOPLE", "payments-people")).num_ack_pending == 0


async def test_a_question_to_people_is_answered_and_never_stored(nats_server: NatsServer):
    async with client(nats_server, "people") as people, client(nats_server, "notifications") as notifications:

        async def answer(message) -> None:
            await message.respond(b'{"addresses": {}}')

        await people.subscribe("people.addresses.notifications", cb=answer)
        await people.flush()

        async def asked() -> bytes:
            try:
                return (await notifications.request("people.addresses.notifications", b"{}", timeout=5)).data
            except nats.errors.NoRespondersError as error:  # the server has not told the other connection's account yet
                raise LookupError(str(error)) from None

        assert await eventually(asked) == b'{"addresses": {}}'
        assert (await people.jetstream().stream_info("PEOPLE")).state.messages == 0


async def test_streams_are_as_the_house_wants_them_and_provisioning_again_resets_them(nats_server: NatsServer):
    await provision_streams(nats_server.client_url("provision", PASSWORD), max_bytes=64 * 1024 * 1024)
    async with client(nats_server, "provision") as provision:
        for service in SERVICES:
            config = (await provision.jetstream().stream_info(service.upper())).config
            assert config.subjects == [f"{service}.*.v1"]
            assert (config.storage, config.discard, config.allow_atomic, config.max_age, config.duplicate_window) == ("file", "new", True, 30 * 86400, 600)
            assert config.max_bytes and config.max_bytes > 0
            assert config.deny_delete and config.deny_purge


async def test_provisioning_updates_a_stream_that_differs_and_keeps_its_events(nats_server: NatsServer):
    async with client(nats_server, "feedback") as feedback:
        await feedback.jetstream().publish("feedback.feedback-received.v1", b"{}")
    await provision_streams(nats_server.client_url("provision", PASSWORD), max_bytes=32 * 1024 * 1024)
    async with client(nats_server, "provision") as provision:
        info = await provision.jetstream().stream_info("FEEDBACK")
    assert (info.config.max_bytes, info.state.messages) == (32 * 1024 * 1024, 1)


async def test_nobody_comes_in_without_a_password(nats_server: NatsServer):
    for url in (nats_server.client_url(), nats_server.client_url("payments", "a guess")):
        with pytest.raises(nats.errors.Error):
            await nats.connect(url, allow_reconnect=False, connect_timeout=2, max_reconnect_attempts=0)


def test_every_acknowledged_event_is_on_the_disk():
    assert "sync_interval: always" in nats_config("sun", dict.fromkeys(NATS_USERS, PASSWORD))


async def test_out_is_as_the_house_wants_it_and_waits_for_a_network(nats_server: NatsServer):
    async with client(nats_server, "border") as border:
        config = (await border.jetstream().stream_info("OUT")).config
        assert config.subjects == ["out.public.*.v1", "out.to.*.sealed.v1"]
        assert (config.storage, config.discard, config.max_age, config.duplicate_window) == ("file", "new", 30 * 86400, 600)
        assert config.max_bytes and config.max_msg_size == 64 * 1024
        assert config.deny_delete and config.deny_purge
        await border.jetstream().publish("out.public.opportunity-shared.v1", b"{}")
        assert (await border.jetstream().stream_info("OUT")).state.messages == 1
        arrived = (await border.jetstream().stream_info("NETWORK")).config
        assert arrived.subjects == ["network.*.public.*.v1", "network.*.to.*.sealed.v1"]
        assert arrived.discard == "new"
        assert arrived.deny_delete


def test_without_a_membership_nothing_leads_to_a_hub():
    assert "leafnodes" not in nats_config("sun", dict.fromkeys(NATS_USERS, PASSWORD))


def test_the_private_accounts_and_that_of_the_network_share_no_import_and_no_export():
    config = nats_config("sun", dict.fromkeys(NATS_USERS, PASSWORD))
    private, _, network = config.partition("  NET {")
    assert re.findall(r"(?:imports|exports)\W*[:=\[{]", network) == []
    taken_from = set(re.findall(r'"account": "(\w+)"', private))
    assert "NET" not in taken_from | {name for allowed in re.findall(r'"accounts": \[(.*?)\]', private) for name in re.findall(r"\w+", allowed)}
    assert taken_from == {"APP", "APP_PEOPLE", "APP_OPPORTUNITIES", "APP_FEEDBACK", "APP_NOTIFICATIONS", "APP_GATEWAY"}


def test_only_provisioning_is_a_user_of_an_account_that_holds_private_streams():
    config = nats_config("sun", dict.fromkeys(NATS_USERS, PASSWORD))
    holder = config.partition("  APP {")[2].partition("exports:")[0]
    assert re.findall(r'"user": "(\w+)"', holder) == ["provision"]


async def test_provisioning_says_when_nats_is_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.provisioning.jetstream.PATIENCE", 0.5)
    with pytest.raises(ConnectionError, match="NATS does not answer"):
        await provision_streams("nats://provision:x@127.0.0.1:9")
