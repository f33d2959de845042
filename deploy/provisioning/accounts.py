"""The configuration of an organisation's NATS server: its accounts, and what each user of the private ones may do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from deploy.provisioning import border
from deploy.provisioning.membership import Membership
from deploy.provisioning.parts import SERVICES, STREAM_OWNERS
from deploy.provisioning.rights import (
    Rights,
    acknowledges,
    asks,
    borrows,
    declares,
    inbox,
    keeps_consumer,
    lends,
    lines,
    user,
)
from deploy.provisioning.streams import PROVISION
from shared.events.people import SessionEnded
from shared.messaging.streams import durable_name, stream_name, stream_subjects

NATS_USERS = (*SERVICES, "operator", "gateway", PROVISION, "sys", *border.BORDER_USERS)

HOLDER = "APP"
"""The account that has the streams."""

_ASKS = {
    "opportunities": [
        "people.cards.opportunities",
        "people.doors.opportunities",
        "gateway.contents.opportunities",
        "notifications.news.opportunities",
        "feedback.readers.opportunities",
    ],
    "payments": ["people.cards.payments", "people.addresses.payments", "feedback.readers.payments"],
    "feedback": [
        "people.cards.feedback",
        "people.addresses.feedback",
        "people.doors.feedback",
        "gateway.contents.feedback",
        "opportunities.words.feedback",
        "opportunities.set-aside.feedback",
        "opportunities.duty-number.feedback",
        "payments.words.feedback",
        "payments.set-aside.feedback",
    ],
    "notifications": [
        "people.cards.notifications",
        "people.addresses.notifications",
        "opportunities.answers.notifications",
        "opportunities.words.notifications",
        "payments.words.notifications",
        "feedback.words.notifications",
    ],
    "gateway": ["opportunities.contents.gateway", "feedback.contents.gateway"],
}
"""What each may ask of another, and nobody else may."""
_ANSWERS = {
    "people": ["people.cards.*", "people.addresses.*", "people.doors.*"],
    "opportunities": [
        "opportunities.contents.gateway",
        "opportunities.answers.notifications",
        "opportunities.words.notifications",
        "opportunities.words.feedback",
        "opportunities.set-aside.feedback",
        "opportunities.duty-number.feedback",
    ],
    "payments": ["payments.words.notifications", "payments.words.feedback", "payments.set-aside.feedback"],
    "notifications": ["notifications.news.opportunities"],
    "feedback": ["feedback.contents.gateway", "feedback.words.notifications", "feedback.readers.*"],
    "gateway": ["gateway.contents.*"],
}


def nats_config(
    organisation: str,
    passwords: Mapping[str, str],
    *,
    membership: Membership | None = None,
    max_file: str = "6GB",
    monitor: str | None = None,
) -> str:
    """The server's configuration for one organisation: its private account APP with the streams, an account without any
    for each who uses them, accounts NET and NET_BORDER with what leaves and arrives in the same way, and SYS.

    passwords: by user, for each of NATS_USERS; the text holds them, so keep it readable by the server alone.
    membership: joins NET_BORDER to the hub; without one, what is shared waits. monitor: host:port of the server's own
    pages, if wanted.
    """
    rights = {service: service_rights(service) for service in (*SERVICES, "gateway")} | {"operator": operator_rights()}
    lent = {
        account_of(name): [subject for subject in held.publish if subject not in _ASKS.get(name, [])]
        for name, held in rights.items()
    }
    return f"""# Made by `chorus provision`; changes here are lost.
server_name: {json.dumps(organisation)}
max_payload: 1MB
{f"http: {monitor}" if monitor else ""}
jetstream {{ domain: {json.dumps(organisation)}, max_file: {max_file}, max_mem: 64MB, sync_interval: always }}
system_account: SYS
accounts {{
  SYS {{ users: [ {user("sys", passwords["sys"]).strip()} ] }}
  # Private: no leaf node is ever bound to these, and none of them shares an import or an export with NET.
  {HOLDER} {{
    jetstream: enabled
    users: [
      {user(PROVISION, passwords[PROVISION], provision_rights())}    ]
    exports: [
{lines(lends(lent))}    ]
  }}
{"".join(_account(name, passwords[name], held, lent[account_of(name)]) for name, held in rights.items())}  {border.accounts(organisation, passwords)}
}}
{border.leaf(membership) if membership else ""}
"""  # noqa: E501


def account_of(name: str) -> str:
    """The account in which a service, the gateway or the operators' app is the only user."""
    return f"{HOLDER}_{name.upper()}"


def _account(name: str, password: str, rights: Rights, lent: Sequence[str]) -> str:
    asked = {
        account_of(asker): mine
        for asker, questions in _ASKS.items()
        if (mine := [each for each in questions if _answerer(each) == name])
    }
    asks_of = {
        account_of(_answerer(question)): [each for each in _ASKS[name] if _answerer(each) == _answerer(question)]
        for question in _ASKS.get(name, [])
    }
    return f"""  {account_of(name)} {{
    users: [
      {user(name, password, rights)}    ]
    exports: [
{lines(lends(asked))}    ]
    imports: [
{lines(borrows({HOLDER: lent} | asks_of))}    ]
  }}
"""


def _answerer(question: str) -> str:
    return question.partition(".")[0]


def service_rights(service: str) -> Rights:
    """It publishes its own events, asks its own questions, and keeps one durable consumer on each other owner's stream.

    None on its own: it would hear nothing there.
    """
    says = "network" if service == "gateway" else service
    publish = [*stream_subjects(says), *_ASKS.get(service, []), *asks("INFO", "STREAM.NAMES", "STREAM.INFO.*")]
    for owner in STREAM_OWNERS:
        if owner != says:
            of_owner = stream_name(owner), durable_name(service, owner)
            publish += [*keeps_consumer(*of_owner), acknowledges(*of_owner)]
    if service == "gateway":  # it sends no faster than its listeners can take
        publish += asks(f"CONSUMER.INFO.{stream_name('network')}.*")
    return Rights(publish, [inbox(service)], _ANSWERS.get(service, ()))


def operator_rights() -> Rights:
    """Sees the state of streams and consumers; publishes nothing, and of all events reads only which sign-ins ended."""
    ended = SessionEnded.owner
    stream, consumer = stream_name(ended), durable_name("operator", ended)
    looks = asks(
        "INFO",
        "STREAM.NAMES",
        "STREAM.LIST",
        "STREAM.INFO.*",
        "CONSUMER.NAMES.*",
        "CONSUMER.LIST.*",
        "CONSUMER.INFO.*.*",
    )
    hears = asks(
        f"CONSUMER.CREATE.{stream}.{consumer}.{SessionEnded.subject()}", f"CONSUMER.MSG.NEXT.{stream}.{consumer}"
    )
    return Rights([*looks, *hears, acknowledges(stream, consumer)], [inbox("operator")])


def provision_rights() -> Rights:
    """Declares streams; can neither delete nor purge one, nor read or write what is in it."""
    return Rights([*declares("*"), *asks("STREAM.LIST")], [inbox(PROVISION)])
