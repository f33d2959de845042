"""The configuration of an organisation's NATS server: its accounts, and what each user of the private one may do."""

from __future__ import annotations

import json
from collections.abc import Mapping

from deploy.provisioning import border
from deploy.provisioning.membership import Membership
from deploy.provisioning.parts import SERVICES, STREAM_OWNERS
from deploy.provisioning.rights import Rights, acknowledges, asks, declares, inbox, keeps_consumer, user
from deploy.provisioning.streams import PROVISION
from shared.events.people import SessionEnded
from shared.messaging.streams import durable_name, stream_name, stream_subjects

NATS_USERS = (*SERVICES, "operator", "gateway", PROVISION, "sys", *border.BORDER_USERS)

_ASKS = {
    "opportunities": ["people.cards.opportunities", "people.doors.opportunities", "gateway.contents.opportunities", "notifications.news.opportunities"],
    "payments": ["people.cards.payments"],
    "feedback": ["people.cards.feedback", "people.doors.feedback", "gateway.contents.feedback"],
    "notifications": ["people.cards.notifications", "people.addresses.notifications", "opportunities.answers.notifications"],
    "gateway": ["opportunities.contents.gateway", "feedback.contents.gateway"],
}
"""What each may ask of another, and nobody else may."""
_ANSWERS = {
    "people": ["people.cards.*", "people.addresses.*", "people.doors.*"],
    "opportunities": ["opportunities.contents.gateway", "opportunities.answers.notifications"],
    "notifications": ["notifications.news.opportunities"],
    "feedback": ["feedback.contents.gateway"],
    "gateway": ["gateway.contents.*"],
}


def nats_config(
    organisation: str, passwords: Mapping[str, str], *, membership: Membership | None = None, max_file: str = "6GB", monitor: str | None = None
) -> str:
    """The server's configuration for one organisation: its private account APP, account NET with what leaves and arrives, and SYS.

    passwords: by user, for each of NATS_USERS; the text holds them, so keep it readable by the server alone.
    membership: joins NET to the hub; without one, what is shared waits. monitor: host:port of the server's own pages, if wanted.
    """
    users = [user(service, passwords[service], service_rights(service)) for service in (*SERVICES, "gateway")]
    users.append(user("operator", passwords["operator"], operator_rights()))
    users.append(user(PROVISION, passwords[PROVISION], provision_rights()))
    return f"""# Made by `chorus provision`; changes here are lost.
server_name: {json.dumps(organisation)}
max_payload: 1MB
{f"http: {monitor}" if monitor else ""}
jetstream {{ domain: {json.dumps(organisation)}, max_file: {max_file}, max_mem: 64MB, sync_interval: always }}
system_account: SYS
accounts {{
  SYS {{ users: [ {user("sys", passwords["sys"]).strip()} ] }}
  # Private: no leaf node is ever bound to it, and it imports and exports nothing.
  APP {{
    jetstream: enabled
    users: [
      {"      ".join(users)}    ]
  }}
  {border.account(organisation, passwords)}
}}
{border.leaf(membership) if membership else ""}
"""


def service_rights(service: str) -> Rights:
    """It says its own events, asks its own questions, and keeps one durable consumer on each other owner's stream.

    None on its own: a message of its own making may lack the header that keeps it out of other streams
    (Nats-Expected-Stream, see the relay), and a pull may name any subject for the answer.
    """
    says = "network" if service == "gateway" else service
    publish = [*stream_subjects(says), *_ASKS.get(service, []), *asks("INFO", "STREAM.NAMES", "STREAM.INFO.*")]
    for owner in STREAM_OWNERS:
        if owner != says:
            of_owner = stream_name(owner), durable_name(service, owner)
            publish += [*keeps_consumer(*of_owner), acknowledges(*of_owner)]
    if service == "gateway":  # it sends on no faster than those who hear it can take
        publish += asks(f"CONSUMER.INFO.{stream_name('network')}.*")
    return Rights(publish, [inbox(service)], _ANSWERS.get(service, ()))


def operator_rights() -> Rights:
    """Sees how streams and consumers stand; publishes nothing, and reads no event but which sessions ended."""
    ended = SessionEnded.owner
    stream, consumer = stream_name(ended), durable_name("operator", ended)
    looks = asks("INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO.*", "CONSUMER.NAMES.*", "CONSUMER.LIST.*", "CONSUMER.INFO.*.*")
    hears = asks(f"CONSUMER.CREATE.{stream}.{consumer}.{SessionEnded.subject()}", f"CONSUMER.MSG.NEXT.{stream}.{consumer}")
    return Rights([*looks, *hears, acknowledges(stream, consumer)], [inbox("operator")])


def provision_rights() -> Rights:
    """Declares streams; can neither delete nor purge one, nor read or write what is in it."""
    return Rights([*declares("*"), *asks("STREAM.LIST")], [inbox(PROVISION)])
