"""An organisation's side of the network: account NET of its own NATS server, and the leaf connection to the hub.

NET holds two streams: OUT, what leaves, and NETWORK, a mirror of what the hub keeps for this organisation. The private account
APP shares no import and no export with it; only the gateway has a user in both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from nats.js.api import DiscardPolicy, ExternalStream, StorageType, StreamConfig, StreamConsumerSource, StreamSource

from deploy.network.jetstream import connected, settle_carrier, settle_stream
from deploy.network.membership import Membership
from deploy.network.names import HUB, delivered_from, delivered_to, said_to
from deploy.network.text import user

BORDER, BORDER_PROVISION = "border", "border-provision"
BORDER_USERS = (BORDER, BORDER_PROVISION)
OUT, NETWORK = "OUT", "NETWORK"
PUBLIC, ADDRESSED = "out.public.*.v1", "out.to.*.sealed.v1"
LEAVES = (PUBLIC, ADDRESSED)
"""The only subjects that OUT takes."""

DAY = 24 * 60 * 60
MAX_AGE = 30 * DAY
MAX_BYTES = 256 * 1024 * 1024
MAX_MESSAGE = 64 * 1024
DUPLICATE_WINDOW = 10 * 60


def account(passwords: Mapping[str, str]) -> str:
    """The block of account NET. passwords: by user, for each of BORDER_USERS."""
    users = [
        user(BORDER, passwords[BORDER], _border_permissions()),
        user(BORDER_PROVISION, passwords[BORDER_PROVISION], _provision_permissions()),
    ]
    return f"""# What leaves and what arrives, and nothing else: the only account that a leaf node is bound to.
  NET {{
    jetstream: enabled
    users: [
      {"      ".join(users)}    ]
  }}"""


def _border_permissions() -> dict[str, object]:
    """The gateway's user: says what leaves, reads what arrived. It can neither delete nor purge a stream, nor make one."""
    publish = [*LEAVES, "$JS.API.INFO", "$JS.API.STREAM.NAMES", f"$JS.API.STREAM.INFO.{OUT}", f"$JS.API.STREAM.INFO.{NETWORK}"]
    publish += [f"$JS.API.CONSUMER.{verb}.{NETWORK}" for verb in ("NAMES", "LIST")]
    publish += [f"$JS.API.CONSUMER.{verb}.{NETWORK}.*" for verb in ("INFO", "MSG.NEXT", "CREATE", "DURABLE.CREATE")]
    publish += [f"$JS.API.CONSUMER.CREATE.{NETWORK}.*.>", f"$JS.ACK.{NETWORK}.>"]
    return {"publish": {"allow": publish}, "subscribe": {"allow": [f"_INBOX.{BORDER}.>"]}}


def _provision_permissions() -> dict[str, object]:
    """Declares the two streams and the consumer that carries OUT to the hub; reads and writes nothing in them."""
    may = ["INFO", "STREAM.NAMES", "STREAM.INFO.*"]
    may += [f"STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE") for stream in (OUT, NETWORK)]
    may += [f"CONSUMER.DURABLE.CREATE.{OUT}.{HUB}", f"CONSUMER.CREATE.{OUT}.{HUB}", f"CONSUMER.INFO.{OUT}.{HUB}"]
    return {"publish": {"allow": [f"$JS.API.{verb}" for verb in may]}, "subscribe": {"allow": [f"_INBOX.{BORDER_PROVISION}.>"]}}


def leaf(membership: Membership) -> str:
    """The block of the leaf connection, bound to NET alone.

    The hub allows a member four subjects. The lists here hold if it allowed everything: of all that JetStream answers, only
    taking up the consumer that was made for it may come in; no inbox, no acknowledgement and no event is seen outside.
    """
    remote = {
        "urls": list(membership.urls),
        "account": "NET",
        "tls": {"cert_file": str(membership.certificate), "key_file": str(membership.key), "ca_file": str(membership.authority), "timeout": 5},
        "deny_imports": denied_in(membership.organisation),
        "deny_exports": denied_out(membership.organisation),
    }
    return f"leafnodes {json.dumps({'reconnect': '1s', 'remotes': [remote]})}"


_NEVER = ["out.>", "_INBOX.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.>", f"$JS.FC.{NETWORK}.>", "$SYS.>", "$KV.>", "$O.>"]
_API = {
    "": ["INFO", "STREAM.>", "DIRECT.>", "ACCOUNT.>", "META.>", "SERVER.>", "$KV.>", "$OBJ.>"],
    "CONSUMER.": ["CREATE.>", "DURABLE.>", "DELETE.>", "INFO.>", "NAMES.>", "LIST.>", "MSG.>", "PAUSE.>", "UNPIN.>", "LEADER.>"],
}


def denied_in(organisation: str) -> list[str]:
    """What may not come from the hub, whatever the hub allows."""
    return [*_NEVER, *(f"$JS.{organisation}.API.{group}{verb}" for group, verbs in _API.items() for verb in verbs)]


def denied_out(organisation: str) -> list[str]:
    """What may not go to the hub, whatever the hub allows."""
    return [*_NEVER, f"$JS.{organisation}.>"]


def out_stream(max_bytes: int = MAX_BYTES) -> StreamConfig:
    return StreamConfig(
        name=OUT,
        description="What leaves this organisation",
        subjects=list(LEAVES),
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=MAX_AGE,
        max_bytes=max_bytes,
        max_msg_size=MAX_MESSAGE,
        duplicate_window=DUPLICATE_WINDOW,
        allow_atomic=True,
        deny_delete=True,
        deny_purge=True,
    )


def network_stream(organisation: str, max_bytes: int) -> StreamConfig:
    """A mirror of what the hub keeps for us. Full, it stops taking more: nothing that was not read is pushed out."""
    taken_up = StreamConsumerSource(name=organisation, deliver_subject=delivered_to(organisation))
    return StreamConfig(
        name=NETWORK,
        description="What the other organisations say to this one",
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=MAX_AGE,
        max_bytes=max_bytes,
        mirror=StreamSource(name=said_to(organisation), external=ExternalStream(api=f"$JS.{HUB}.API"), consumer=taken_up),
        deny_delete=True,
        deny_purge=True,
    )


async def provision_border(url: str, membership: Membership | None, *, max_bytes: int = MAX_BYTES) -> list[str]:
    """Make or update OUT, and with a membership NETWORK and the consumer that carries OUT to the hub.

    url: with the user `border-provision`. max_bytes: of OUT; NETWORK, which holds what many say, may have eight times as much.
    Without a membership what is shared waits in OUT. Returns what was done, a line each.
    """
    async with connected(url, f"_INBOX.{BORDER_PROVISION}") as client:
        streams = client.jetstream(timeout=10)
        done = [await settle_stream(streams, out_stream(max_bytes))]
        if membership:
            await settle_carrier(client, OUT, HUB, delivered_from(membership.organisation), LEAVES)
            done.append(await settle_stream(streams, network_stream(membership.organisation, 8 * max_bytes)))
    return done
