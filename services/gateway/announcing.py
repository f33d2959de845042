"""How organisations learn each other's names, addresses and keys: a public message that each gateway publishes about
its own.

It goes out when the gateway starts, when something in it is new, and every ten days, because streams forget after
thirty.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4, uuid5

from pydantic import Field

from services.gateway import organisations
from services.gateway.domain import Announced, Verdict, public_subject, verdict_on
from services.gateway.keys import OwnKeys, PublicKeys
from services.gateway.organisations import AnnouncedOrganisation, KeyRing
from services.gateway.sealing import is_signed_text
from shared.db import Transaction
from shared.events.base import Fact, OrganisationName
from shared.events.network import OrganisationAnnounced, OrganisationRemoved, organisation_id
from shared.messaging import steps
from shared.messaging.publishing import Outgoing

AGAIN = timedelta(days=10)
_SIGNED_AS = b"chorus announcement 1\n"
_SIGNS_AS = b"chorus signs its public events 1\n"
_UNSIGNED = {"signature", "signature_before", "signing_key_before", "public_signature"}
"""The first two sign the rest; programs older than signed public events do not know the others."""
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
Signature = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]


class Announcement(Fact):
    """What crosses: signed with the key that it announces and, after a turn of keys, with the one before."""

    version: Annotated[int, Field(ge=1, le=4_102_444_800)]
    """Seconds since 1970 when it was first said: a later one counts, even after a database was restored from a copy."""
    organisation: OrganisationName
    display_name: Annotated[str, Field(min_length=1, max_length=150)]
    url: Annotated[str, Field(max_length=300, pattern=r"^https?://[^\s<>\"']+$")]
    sealing_key: Key
    signing_key: Key
    signature: Signature
    signature_before: Signature | None = None
    signing_key_before: Key | None = None
    public_signature: Signature | None = None
    """Says that this organisation signs its public events, and with which key it did so before."""

    @property
    def signs_public_events(self) -> bool:
        text = _text_of_signing(self.organisation, self.version, self.signing_key_before)
        return self.public_signature is not None and is_signed_text(
            text, base64.b64decode(self.public_signature), self.public.signing
        )

    @property
    def public(self) -> PublicKeys:
        return PublicKeys(base64.b64decode(self.sealing_key), base64.b64decode(self.signing_key))

    def is_signed_by(self, signing_key: bytes) -> bool:
        signatures = [self.signature, *([self.signature_before] if self.signature_before else [])]
        text = _signed_text(self.model_dump(exclude=_UNSIGNED))
        return any(is_signed_text(text, base64.b64decode(signature), signing_key) for signature in signatures)

    def own_event(self) -> OrganisationAnnounced:
        return OrganisationAnnounced(
            version=self.version,
            organisation_id=organisation_id(self.organisation),
            origin=self.organisation,
            display_name=self.display_name,
            url=self.url,
            fingerprint=self.public.fingerprint,
            signs=self.signs_public_events,
        )


def _signed_text(fields: dict[str, Any]) -> bytes:
    return _SIGNED_AS + json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _text_of_signing(organisation: str, version: int, signing_key_before: str | None) -> bytes:
    return _SIGNS_AS + json.dumps([organisation, version, signing_key_before]).encode()


# Ours


def is_due(
    held: AnnouncedOrganisation | None, *, display_name: str, url: str, public: PublicKeys, now: datetime
) -> bool:
    """Whether ours is to be published: something in it is new, or it was last said ten days ago."""
    if held is None or held.announced_at is None:
        return True
    return (held.display_name, held.url, held.keys) != (display_name, url, public) or now - held.announced_at >= AGAIN


def next_version(held: AnnouncedOrganisation | None, now: datetime) -> int:
    return max(int(now.timestamp()), held.version + 1 if held else 0)


def announcement(organisation: str, display_name: str, url: str, version: int, own: OwnKeys) -> Announcement:
    """Our own announcement, signed."""
    public = own.current.public
    fields: dict[str, Any] = {
        "version": version,
        "organisation": organisation,
        "display_name": display_name,
        "url": url,
        "sealing_key": _text(public.sealing),
        "signing_key": _text(public.signing),
    }
    text = _signed_text(fields)
    before = own.before
    fields["signature"] = _text(own.current.signing.sign(text))
    fields["signature_before"] = _text(before.signing.sign(text)) if before else None
    fields["signing_key_before"] = _text(before.public.signing) if before else None
    fields["public_signature"] = _text(
        own.current.signing.sign(_text_of_signing(organisation, version, fields["signing_key_before"]))
    )
    return Announcement(**fields)


def outgoing(said: Announcement) -> Outgoing:
    """The event's id is always the same for the same announcement, so that each service hears it once however often it
    is said. It can be guessed; so the message has another, under which nobody has put something into OUT before."""
    event_id = uuid5(organisation_id(said.organisation), f"announced/{said.version}")
    headers = {
        "Nats-Msg-Id": str(uuid4()),
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": str(event_id),
        "ce-type": OrganisationAnnounced.name,
        "ce-time": datetime.fromtimestamp(said.version, UTC).isoformat(),
    }
    return Outgoing(public_subject(OrganisationAnnounced.name), said.model_dump_json().encode(), headers)


# Others'


def verdict(ring: KeyRing, said: Announcement) -> Verdict:
    held = ring.organisations.get(said.organisation)
    public = said.public
    announced = Announced(
        signing_key=public.signing,
        sealing_key=public.sealing,
        version=said.version,
        signed_by_itself=said.is_signed_by(public.signing),
        signed_by_known=held is not None and said.is_signed_by(held.keys.signing),
    )
    return verdict_on(held.pinned if held else None, announced)


async def take(tx: Transaction, said: Announcement, decided: Verdict, held: AnnouncedOrganisation | None) -> None:
    """Write what the verdict says, with its step."""
    about = organisation_id(said.organisation)
    signs = said.signs_public_events
    facts: dict[str, Any] = {"organisation": said.organisation, "fingerprint": said.public.fingerprint}
    if decided in (Verdict.PIN, Verdict.CHANGE):
        await organisations.keep(
            tx,
            said.organisation,
            display_name=said.display_name,
            url=said.url,
            public=said.public,
            version=said.version,
            first=decided is Verdict.PIN,
            signs=signs,
            before=_before(said, held) if signs else None,
        )
        await steps.add(tx, "keys-pinned" if decided is Verdict.PIN else "organisation-changed", about=about, **facts)
    elif decided is Verdict.REFUSE:
        await organisations.refuse(tx, said.organisation, said.public, said.version)
        await steps.add(tx, "keys-refused", about=about, **facts)


def _before(said: Announcement, held: AnnouncedOrganisation | None) -> bytes | None:
    """The key it signed with before: the one that we had pinned, if there is one, whatever it says."""
    if held is None:
        return base64.b64decode(said.signing_key_before) if said.signing_key_before else None
    return held.keys.signing if held.keys.signing != said.public.signing else None


async def remove(tx: Transaction, event: OrganisationRemoved) -> None:
    await organisations.forget(tx, event.removed)
    await steps.add(tx, "organisation-removed", about=organisation_id(event.removed), organisation=event.removed)


def event_of_removal(body: bytes) -> OrganisationRemoved:
    """Its id is ours to make, whatever the message says. Raises ValidationError."""
    event = OrganisationRemoved.model_validate_json(body)
    return event.model_copy(update={"organisation_id": organisation_id(event.removed)})


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
