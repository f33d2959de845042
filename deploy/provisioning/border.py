"""An organisation's side of the network: accounts NET and NET_BORDER of its own NATS server, and the leaf connection to
the hub.

NET holds two streams: OUT, what leaves, and NETWORK, what arrived; provisioning alone is a user there. NET_BORDER has
no streams: the gateway's user and the leaf connection are in it, and it imports the few subjects of NET that the
gateway uses. `services.gateway.carrier` carries both streams to the hub and back. The private accounts share no import
and no export with either; only the gateway has a user on both sides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from deploy.provisioning.jetstream import connected, read_by_carrier, settle_stream
from deploy.provisioning.membership import Membership
from deploy.provisioning.rights import (
    Rights,
    acknowledges,
    asks,
    borrows,
    carries,
    declares,
    gets,
    inbox,
    keeps_consumer,
    lends,
    lines,
    user,
)
from deploy.provisioning.streams import DAY, MAX_BYTES, own_stream
from shared.messaging.network import (
    CARRIER,
    CONNECTIONS,
    HUB,
    MAX_MESSAGE,
    MEMBER,
    NETWORK,
    OUT,
    carried_to,
    said,
    said_to,
)

BORDER, BORDER_PROVISION = "border", "border-provision"
BORDER_USERS = (BORDER, BORDER_PROVISION)
HOLDER, ACCOUNT = "NET", "NET_BORDER"
"""The account that has the streams, and the one that uses them."""
PUBLIC, ADDRESSED = "out.public.*.v1", "out.to.*.sealed.v1"
LEAVES = (PUBLIC, ADDRESSED)
"""The only subjects that OUT takes."""
ARRIVES = ("network.*.public.*.v1", "network.*.to.*.sealed.v1")
"""The only subjects that NETWORK takes."""

KNOWN_AGAIN = DAY
"""For how long a carried message is recognised: longer than an acknowledgement can be delayed by an outage of hours."""
_JOINED = "chorus-joined"


def accounts(organisation: str, passwords: Mapping[str, str]) -> str:
    """The blocks of both accounts. passwords: by user, for each of BORDER_USERS."""
    provision = user(BORDER_PROVISION, passwords[BORDER_PROVISION], provision_rights())
    gateway = user(BORDER, passwords[BORDER], border_rights(organisation))
    return f"""# What leaves and what arrives, and nothing else.
  {HOLDER} {{
    jetstream: enabled
    users: [
      {provision}    ]
    exports: [
{lines(lends({ACCOUNT: _uses()}))}    ]
  }}
  # The only account that a leaf node is bound to.
  {ACCOUNT} {{
    users: [
      {gateway}    ]
    imports: [
{lines(borrows({HOLDER: _uses()}))}    ]
  }}"""


def border_rights(organisation: str) -> Rights:
    """The gateway's user: says what leaves, reads what arrived, and carries both. It can neither delete nor purge a
    stream, nor make one."""
    publish = [*_uses(), *uses_at_hub(organisation, domain=HUB), CONNECTIONS]
    return Rights(publish, [inbox(BORDER), f"{carried_to(organisation)}.>"])


def uses_at_hub(organisation: str, *, domain: str | None = None) -> list[str]:
    """What an organisation may use of the hub's streams. Its consumer there is for a carrier, or a hub, of the release
    before."""
    stream = said_to(organisation)
    return [
        *says_at_hub(organisation),
        gets(stream, domain=domain),
        *carries(stream, organisation, domain=domain),
    ]


def _uses() -> list[str]:
    """What the gateway uses of the account with the streams. The last message stored shows how far its carrier has
    come."""
    reads = [
        *asks(*(f"CONSUMER.{verb}.{NETWORK}" for verb in ("NAMES", "LIST")), f"STREAM.MSG.GET.{NETWORK}"),
        *keeps_consumer(NETWORK, "*"),
        acknowledges(NETWORK),
    ]
    looks = asks("INFO", "STREAM.NAMES", f"STREAM.INFO.{OUT}", f"STREAM.INFO.{NETWORK}")
    return [*LEAVES, *ARRIVES, *looks, *reads, *carries(OUT, CARRIER)]


def says_at_hub(organisation: str) -> list[str]:
    """The subjects on which this organisation alone speaks at the hub: under its own name, what leaves it."""
    return [said(organisation, subject.removeprefix("out.")) for subject in LEAVES]


def provision_rights() -> Rights:
    """Declares the two streams and the consumer that is carried to the hub; reads and writes nothing in them."""
    consumer = asks(*(f"CONSUMER.{verb}.{OUT}.{CARRIER}" for verb in ("CREATE", "DURABLE.CREATE", "INFO", "RESET")))
    return Rights([*declares(OUT, NETWORK), *consumer], [inbox(BORDER_PROVISION)])


def leaf(membership: Membership) -> str:
    """The block of the leaf connection, bound to NET_BORDER alone.

    The hub allows a member its own subjects. The lists here hold if it allowed everything: nothing comes in but answers
    to the carrier, nothing goes out but what it says and asks; no inbox and no event of this server is seen outside.
    """
    remote = {
        "urls": list(membership.urls),
        "account": ACCOUNT,
        "tls": {
            "cert_file": str(membership.certificate),
            "key_file": str(membership.key),
            "ca_file": str(membership.authority),
            "timeout": 5,
        },
        "deny_imports": never_across(membership.organisation),
        "deny_exports": never_across(membership.organisation),
    }
    return f"leafnodes {json.dumps({'reconnect': '1s', 'remotes': [remote]})}"


_NEVER = [
    "out.>",
    "network.>",
    "_INBOX.>",
    "$JS.API.>",
    "$JS.EVENT.>",
    "$JS.FC.>",
    "$SYS.>",
    "$KV.>",
    "$O.>",
    f"$JS.ACK.{OUT}.>",
    f"$JS.ACK.{NETWORK}.>",
]


def never_across(organisation: str) -> list[str]:
    """What crosses in neither direction, whatever the hub allows: nothing that either server would act on by itself."""
    return [*_NEVER, f"$JS.{organisation}.>"]


def out_stream(max_bytes: int = MAX_BYTES, *, is_member: bool = False) -> StreamConfig:
    said = {MEMBER: "yes"} if is_member else {}
    return own_stream(
        OUT, "What leaves this organisation", list(LEAVES), max_bytes, max_msg_size=MAX_MESSAGE, metadata=said
    )


def network_stream(max_bytes: int) -> StreamConfig:
    """What arrived. When it is full, it takes no more, and the rest waits at the hub: nothing unread is pushed out."""
    description = "What the other organisations say to this one"
    return own_stream(
        NETWORK, description, list(ARRIVES), max_bytes, duplicate_window=KNOWN_AGAIN, max_msg_size=2 * MAX_MESSAGE
    )


async def provision_border(url: str, membership: Membership | None, *, max_bytes: int = MAX_BYTES) -> list[str]:
    """Make or update OUT, NETWORK and the consumer that is carried to the hub.

    url: with the user `border-provision`. max_bytes: of OUT; NETWORK, which holds what many say, may have eight times
    as much. A new membership begins at the beginning: all of OUT is carried, because the others may have forgotten what
    this
    organisation said before. Returns what was done, a line each.
    """
    async with connected(url, f"_INBOX.{BORDER_PROVISION}") as client:
        streams = client.jetstream(timeout=10)
        done = [
            await settle_stream(streams, out_stream(max_bytes, is_member=membership is not None)),
            await settle_stream(streams, network_stream(8 * max_bytes)),
        ]
        wanted = read_by_carrier(CARRIER)
        try:
            known = (await streams.consumer_info(OUT, CARRIER)).config.metadata or {}
        except NotFoundError:
            known = None
        joined = membership.identity if membership else (known or {}).get(_JOINED, "")
        wanted.metadata = {_JOINED: joined}
        await streams.add_consumer(OUT, wanted)
        if known is not None and joined != known.get(_JOINED, ""):
            await client.request(f"$JS.API.CONSUMER.RESET.{OUT}.{CARRIER}", b'{"seq": 1}', timeout=10)
            done.append("everything that was shared is carried to the hub again")
    return done
