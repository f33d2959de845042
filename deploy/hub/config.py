"""The hub's configuration: an account with all streams, one without any for each organisation, and nothing that belongs
to anyone in person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.provisioning.border import uses_at_hub
from deploy.provisioning.rights import Rights, asks, borrows, inbox, lends, lines, user
from shared.messaging.network import HUB, carried_to

PROVISION = "provision"
HOLDER = "NETWORK"
"""The account that has the streams."""
MAX_PAYLOAD = "256KB"
MAX_FILE = "64TB"
"""What the streams may reserve altogether: enough for 350 organisations (the sum grows with their square). They use
far less, so watch the disk rather than this."""


@dataclass
class Node:
    """One server of the hub. host: where it listens; reached: where others reach it, if that is another name."""

    name: str
    host: str
    port: int
    leaf_port: int
    cluster_port: int
    reached: str = ""

    @property
    def address(self) -> str:
        return self.reached or self.host

    @property
    def leaf_url(self) -> str:
        return f"tls://{self.address}:{self.leaf_port}"


@dataclass(frozen=True)
class NodeFiles:
    """Paths of a node's certificate, its key and the authority's certificate."""

    certificate: Path
    key: Path
    authority: Path


def hub_config(
    node: Node,
    nodes: Sequence[Node],
    files: NodeFiles,
    passwords: Mapping[str, str],
    members: Mapping[str, str],
    *,
    max_file: str = MAX_FILE,
    monitor: str = "",
) -> str:
    """The configuration of one node. passwords: of `provision`, `sys` and `cluster`. members: by organisation, its
    certificate's own name."""
    tls = {
        "cert_file": str(files.certificate),
        "key_file": str(files.key),
        "ca_file": str(files.authority),
        "timeout": 5,
    }
    leafnodes = {
        "listen": f"{node.host}:{node.leaf_port}",
        "no_advertise": True,
        "isolate_leafnode_interest": True,
        "tls": tls | {"verify_and_map": True},
    }
    lent = {account_of(organisation): uses_at_hub(organisation) for organisation in sorted(members)}
    return f"""# Made by `chorus hub`; changes here are lost.
server_name: {json.dumps(node.name)}
max_payload: {MAX_PAYLOAD}
{f"http: {monitor}" if monitor else ""}
jetstream {{ domain: {HUB}, max_file: {max_file}, max_mem: 64MB, sync_interval: always }}
system_account: SYS
accounts {{
  SYS {{ users: [ {user("sys", passwords["sys"], connects_as="STANDARD").strip()} ] }}
  # What the organisations say in public, and sealed messages between them.
  {HOLDER} {{
    jetstream: enabled
    users: [
      {user(PROVISION, passwords[PROVISION], provision_rights(), connects_as="STANDARD")}    ]
    exports: [
{lines(lends(lent))}    ]
  }}
{"".join(_account(organisation, certificate) for organisation, certificate in sorted(members.items()))}}}
leafnodes {json.dumps(leafnodes)}
{_cluster(node, nodes, tls, passwords) if len(nodes) > 1 else ""}
"""


def account_of(organisation: str) -> str:
    """An organisation's account at the hub."""
    return f"MEMBER_{organisation.upper()}"


def _account(organisation: str, certificate: str) -> str:
    return f"""  {json.dumps(account_of(organisation))} {{
    users: [
      {user(certificate, None, member_rights(organisation), connects_as="LEAFNODE")}    ]
    # The server adds this by itself to an account that has streams, and to others only sometimes.
    mappings: {{ "$JS.{HUB}.API.>": "$JS.API.>" }}
    imports: [
{lines(borrows({HOLDER: uses_at_hub(organisation)}))}    ]
  }}
"""


def _cluster(node: Node, nodes: Sequence[Node], tls: Mapping[str, object], passwords: Mapping[str, str]) -> str:
    """The same authority signs organisations' certificates, so the nodes also show each other a password."""
    cluster = {
        "name": HUB,
        "listen": f"{node.host}:{node.cluster_port}",
        "no_advertise": True,
        "tls": {**tls, "verify": True},
        "authorization": {"user": "node", "password": passwords["cluster"]},
        "routes": [
            f"nats-route://node:{passwords['cluster']}@{other.address}:{other.cluster_port}"
            for other in nodes
            if other.name != node.name
        ],
    }
    return f"cluster {json.dumps(cluster)}"


def member_rights(organisation: str) -> Rights:
    """What an organisation's leaf connection may carry: it speaks under its own name, reads what is kept for it, and is
    answered.

    publish: from the organisation to the hub. subscribe: from the hub to the organisation.
    """
    return Rights(
        uses_at_hub(organisation, domain=HUB),
        [f"{carried_to(organisation)}.>"],
    )


def provision_rights() -> Rights:
    """Declares streams, and is the only user that speaks for the hub itself."""
    return Rights([*asks(">"), f"network.{HUB}.public.*.v1"], [inbox(PROVISION)])
