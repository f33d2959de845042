"""Provisioning: who may do what in NATS, seen by trying it as each of them."""

import asyncio
import re

import nats
import nats.errors
import pytest

from deploy.local.servers import NatsServer, temporary_directory
from deploy.provisioning.accounts import NATS_USERS, nats_config
from deploy.provisioning.border import provision_border
from deploy.provisioning.parts import SERVICES
from deploy.provisioning.streams import provision_streams
from tests.deploy.nats_users import client, refused
from tests.support.apps import eventually
from tests.support.servers import PASSWORD


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
        ("payments", "feedback.words.notifications"),
        ("feedback", "opportunities.words.notifications"),
        ("payments", "opportunities.words.feedback"),
        ("payments", "opportunities.duty-number.feedback"),
        ("opportunities", "payments.set-aside.feedback"),
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
        subscription = await payments.jetstream().pull_subscribe(
            "people.person-changed.v1", durable="payments-people", stream="PEOPLE"
        )
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


async def test_streams_are_as_the_organisation_wants_them_and_provisioning_again_resets_them(nats_server: NatsServer):
    await provision_streams(nats_server.client_url("provision", PASSWORD), max_bytes=64 * 1024 * 1024)
    async with client(nats_server, "provision") as provision:
        for service in SERVICES:
            config = (await provision.jetstream().stream_info(service.upper())).config
            assert config.subjects == [f"{service}.*.v1"]
            assert (config.storage, config.discard, config.allow_atomic, config.max_age, config.duplicate_window) == (
                "file",
                "new",
                True,
                30 * 86400,
                600,
            )
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


async def test_out_is_as_the_organisation_wants_it_and_waits_for_a_network(nats_server: NatsServer):
    async with client(nats_server, "border") as border:
        config = (await border.jetstream().stream_info("OUT")).config
        assert config.subjects == ["out.public.*.v1", "out.to.*.sealed.v1"]
        assert (config.storage, config.discard, config.max_age, config.duplicate_window) == (
            "file",
            "new",
            30 * 86400,
            600,
        )
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


def test_the_private_accounts_and_those_of_the_network_share_no_import_and_no_export():
    config = nats_config("sun", dict.fromkeys(NATS_USERS, PASSWORD))
    private, _, network = config.partition("  NET {")
    parts = ("PEOPLE", "OPPORTUNITIES", "PAYMENTS", "FEEDBACK", "NOTIFICATIONS", "GATEWAY")
    assert taken_from(private) == {"APP", *(f"APP_{part}" for part in parts)}
    assert not {name for name in lent_to(private) if not name.startswith("APP_")}
    assert (taken_from(network), lent_to(network)) == ({"NET"}, {"NET_BORDER"})


def taken_from(config: str) -> set[str]:
    return set(re.findall(r'"account": "(\w+)"', config))


def lent_to(config: str) -> set[str]:
    return {name for allowed in re.findall(r'"accounts": \[(.*?)\]', config) for name in re.findall(r"\w+", allowed)}


@pytest.mark.parametrize(("holder", "user"), [("APP", "provision"), ("NET", "border-provision")])
def test_only_provisioning_is_a_user_of_an_account_that_holds_streams(holder: str, user: str):
    config = nats_config("sun", dict.fromkeys(NATS_USERS, PASSWORD))
    assert config.count("jetstream: enabled") == 2
    block = config.partition(f"  {holder} {{\n    jetstream: enabled")[2].partition("exports:")[0]
    assert re.findall(r'"user": "([\w-]+)"', block) == [user]


async def test_what_waits_at_the_border_stays_when_its_user_moves_out_of_the_account_with_the_streams():
    """The release before had the gateway's user in NET."""
    passwords: dict[str, str] = dict.fromkeys(NATS_USERS, PASSWORD)
    with temporary_directory() as directory:
        server = NatsServer(directory / "nats", as_before(nats_config("test", passwords, max_file="1GB"))).start()
        try:
            await provision_border(server.client_url("border-provision", PASSWORD), None, max_bytes=64 << 20)
            async with client(server, "border") as border:
                await border.jetstream().publish("out.public.opportunity-shared.v1", b"waits")
                await border.jetstream().publish("network.fox.public.opportunity-shared.v1", b"not read yet")
            await asyncio.to_thread(server.stop)
            server.config = nats_config("test", passwords, max_file="1GB")
            await asyncio.to_thread(server.start)
            await provision_border(server.client_url("border-provision", PASSWORD), None, max_bytes=64 << 20)
            async with client(server, "border") as border:
                states = [(await border.jetstream().stream_info(name)).state for name in ("OUT", "NETWORK")]
            assert [(state.messages, state.last_seq) for state in states] == [(1, 1), (1, 1)]
        finally:
            server.stop()


def as_before(config: str) -> str:
    user = re.findall(r'^ +\{"user": "border",.*\n', config, flags=re.MULTILINE)[0]
    without = re.sub(r"  NET_BORDER \{.*?\n  \}\n", "", config, flags=re.DOTALL)
    top, net = without.split("  NET {", 1)
    assert "NET_BORDER" not in top
    net = re.sub(r"    exports: \[.*?\n    \]\n", "", net, count=1, flags=re.DOTALL)
    return (
        top
        + "  NET {"
        + net.replace('      {"user": "border-provision"', user + '      {"user": "border-provision"', 1)
    )


async def test_provisioning_says_when_nats_is_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.provisioning.jetstream.PATIENCE", 0.5)
    with pytest.raises(ConnectionError, match="NATS does not answer"):
        await provision_streams("nats://provision:x@127.0.0.1:9")
