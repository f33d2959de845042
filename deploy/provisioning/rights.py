"""What a NATS user may do, and the block of configuration that says so. Everything that makes a user states its
rights with these."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

API = "$JS.API"


@dataclass(frozen=True)
class Rights:
    """The subjects a user may publish and subscribe to; everything else is refused.

    answers: subjects on which it is asked; it may answer each question once, within a minute.
    """

    publish: Sequence[str]
    subscribe: Sequence[str]
    answers: Sequence[str] = ()

    def as_config(self) -> dict[str, object]:
        config: dict[str, object] = {
            "publish": {"allow": list(self.publish)},
            "subscribe": {"allow": [*self.subscribe, *self.answers]},
        }
        return config | ({"allow_responses": {"max": 1, "expires": "1m"}} if self.answers else {})


def user(name: str, password: str | None, rights: Rights | None = None, *, connects_as: str | None = None) -> str:
    """A user's block. connects_as: the only kind of connection it may have, for example LEAFNODE."""
    block: dict[str, object] = {"user": name}
    if password is not None:
        block["password"] = password
    if rights is not None:
        block["permissions"] = rights.as_config()
    if connects_as:
        block["allowed_connection_types"] = [connects_as]
    return json.dumps(block) + "\n"


ANSWERED_LATER = "1m"
"""How long the server keeps the way back to whoever asked: longer than any request for messages waits."""


def lends(services: Mapping[str, Sequence[str]]) -> list[str]:
    """Exports, by account that may use them: that account has no streams, and uses these subjects alone of the one that
    does.

    JetStream sends what a pull asks for to any reply subject, whatever its user may publish, and an empty answer to
    STREAM.DELETE deletes. Here the server names the reply, and hands the answer on inside the account that asked, where
    no such subject is heard.
    """
    accounts: dict[str, list[str]] = {}
    for account, subjects in services.items():
        for subject in subjects:
            accounts.setdefault(subject, []).append(account)
    return [
        json.dumps({"service": subject, "accounts": allowed, **_answers(subject)})
        for subject, allowed in accounts.items()
    ]


def borrows(services: Mapping[str, Sequence[str]]) -> list[str]:
    """Imports of the same subjects, by the account that exports them."""
    return [
        json.dumps({"service": {"account": account, "subject": subject}})
        for account, subjects in services.items()
        for subject in subjects
    ]


def _answers(service: str) -> dict[str, str]:
    of_many = (f"{API}.CONSUMER.MSG.NEXT.", f"{API}.DIRECT.GET.")
    kind = "stream" if service.startswith(of_many) else "singleton"
    return {"response_type": kind, "response_threshold": ANSWERED_LATER}


def lines(blocks: Sequence[str]) -> str:
    """As a list of the configuration, a line each."""
    return "".join(f"      {block}\n" for block in blocks)


def inbox(name: str) -> str:
    """Where only this user is answered: on a shared inbox, each could read what the others were told."""
    return f"_INBOX.{name}.>"


def asks(*requests: str) -> list[str]:
    """Of JetStream: for example STREAM.NAMES."""
    return [f"{API}.{request}" for request in requests]


def keeps_consumer(stream: str, consumer: str) -> list[str]:
    """Make a durable consumer, look at it, pull from it. consumer: a name, or * for any."""
    verbs = ("INFO", "MSG.NEXT", "CREATE", "DURABLE.CREATE")
    return asks(*(f"CONSUMER.{verb}.{stream}.{consumer}" for verb in verbs), f"CONSUMER.CREATE.{stream}.{consumer}.>")


def acknowledges(stream: str, consumer: str = "") -> str:
    """Of one consumer, or of all that a stream has."""
    return ".".join(["$JS.ACK", stream, *([consumer] if consumer else []), ">"])


def carries(stream: str, consumer: str, *, domain: str | None = None) -> list[str]:
    """Read a consumer that is there to be carried, from where it stands or, begun again, from what was acknowledged
    last."""
    api = f"$JS.{domain}.API" if domain else API
    return [
        *(f"{api}.CONSUMER.{verb}.{stream}.{consumer}" for verb in ("MSG.NEXT", "RESET")),
        acknowledges(stream, consumer),
    ]


def gets(stream: str, *, domain: str | None = None) -> str:
    """Ask for a stream's messages by number."""
    return f"$JS.{domain}.API.DIRECT.GET.{stream}" if domain else f"{API}.DIRECT.GET.{stream}"


def declares(*streams: str) -> list[str]:
    """Make these streams, bring them to what they should be, look at any; neither delete nor purge one."""
    changes = (f"STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE") for stream in streams)
    return asks("INFO", "STREAM.NAMES", "STREAM.INFO.*", *changes)
