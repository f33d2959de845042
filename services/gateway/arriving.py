"""One message of the network: what it is, whether we believe it, and what it becomes here (NET-04)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from pydantic import ValidationError

from services.gateway import announcing, sealing
from services.gateway.announcing import Announcement
from services.gateway.crossings import ARRIVING, BY_NAME, content_of
from services.gateway.domain import (
    LARGEST,
    Arrival,
    Enclosed,
    Signature,
    a_time,
    a_traceparent,
    arrival_of,
    reasons_not_to_believe,
    reasons_not_to_believe_public,
    reasons_not_to_carry,
    reasons_not_to_hear,
)
from services.gateway.organisations import KeyRing
from services.gateway.sealed_messages import KeptMessage, unsealed
from services.gateway.sealing import SIGNATURE, Said
from shared.events.base import Crossing
from shared.events.network import OrganisationAnnounced, OrganisationRemoved, local_id
from shared.messaging.handling import Unfit, fields_of
from shared.messaging.publishing import Outgoing
from shared.messaging.streams import stream_name
from shared.reasons import NotYet, Reason

_SAID_BY_GATEWAYS = (OrganisationAnnounced.name, OrganisationRemoved.name)
_arrival_of = lru_cache(1024)(arrival_of)


class Unheard(Exception):
    """The message is sound, but nobody needs it: it is only counted."""


@dataclass(slots=True)
class Admitted:
    """What a message becomes. traceparent: of the sender, to be linked to."""

    event_id: UUID
    subject: str
    aggregate_id: UUID
    body: bytes
    time: str
    traceparent: str | None
    is_addressed: bool = False
    sealed_message: KeptMessage | None = None
    first_signed_by: str | None = None
    """The organisation that signed a public event for the first time."""
    announcement: Announcement | None = None
    removal: OrganisationRemoved | None = None

    def outgoing(self, source: str, traceparent: str) -> Outgoing:
        """As a message of our own. It begins a causation of its own, and carries nothing else that came with it."""
        event_id = str(self.event_id)
        headers = {
            "Nats-Msg-Id": event_id,
            "Nats-Expected-Stream": stream_name("network"),
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": event_id,
            "ce-source": source,
            "ce-type": self.subject,
            "ce-subject": str(self.aggregate_id),
            "ce-time": self.time,
            "ce-causationid": event_id,
            "traceparent": traceparent,
        }
        return Outgoing(self.subject, self.body, headers)


def read(subject: str, headers: Mapping[str, str], body: bytes, *, us: str, ring: KeyRing) -> Admitted:
    """Raises Unfit with what is wrong, NotYet for a sealed message of an organisation whose keys have not come,
    Unheard."""
    arrival = _arrival_of(subject, us)
    if arrival is None:
        raise Unfit("came on a subject that is no way to us")
    if len(body) > LARGEST:
        raise Unfit(f"too big: {len(body)} bytes, at most {LARGEST}")
    try:
        event_id = UUID(headers["ce-id"])
    except (KeyError, ValueError):
        raise Unfit("has no event id") from None
    held = ring.organisations.get(arrival.origin)
    if held is not None and held.is_removed and arrival.name != OrganisationAnnounced.name:
        raise Unheard("its organisation has left the network")
    try:
        return (
            _read_sealed(arrival, event_id, body, us, ring)
            if arrival.sealed
            else _read_public(arrival, event_id, headers, body, ring)
        )
    except ValidationError as error:
        raise Unfit(f"invalid: {_names(fields_of(error))}") from None


def _read_public(arrival: Arrival, event_id: UUID, headers: Mapping[str, str], body: bytes, ring: KeyRing) -> Admitted:
    event_type = BY_NAME.get(arrival.name)
    _refuse_if(
        reasons_not_to_hear(
            arrival, "public" if arrival.name in _SAID_BY_GATEWAYS else event_type and event_type.crossing
        )
    )
    time = a_time(headers.get("ce-time", "")) or datetime.now(UTC).isoformat()
    traceparent = a_traceparent(headers.get("traceparent", ""))
    if event_type is None:
        return _of_gateways(arrival, event_id, body, time)
    signed = _is_signed(arrival, headers, body, ring)
    event = event_type.model_validate_json(body)
    admitted = _admitted(arrival.origin, event, event_id, time, traceparent, len(body), signed=signed)
    if signed and not ring.organisations[arrival.origin].signs:
        admitted.first_signed_by = arrival.origin
    return admitted


def _is_signed(arrival: Arrival, headers: Mapping[str, str], body: bytes, ring: KeyRing) -> bool:
    """Whether its origin has signed it. Raises Unfit if it should have, NotYet as long as we don't know its keys."""
    held, signature = ring.organisations.get(arrival.origin), headers.get(SIGNATURE)
    state = Signature.NONE
    if signature is not None:
        if held is None:
            raise NotYet(f"the keys of {arrival.origin}")
        said = Said(arrival.origin, arrival.name, headers["ce-id"], headers.get("ce-time", ""), body)
        state = (
            Signature.GOOD
            if sealing.is_signed_public(said, signature, held.signing_keys(datetime.now(UTC)))
            else Signature.BAD
        )
    _refuse_if(reasons_not_to_believe_public(arrival.origin, state, signs=held is not None and held.signs))
    return state is Signature.GOOD


def _of_gateways(arrival: Arrival, event_id: UUID, body: bytes, time: str) -> Admitted:
    """What gateways and the hub announce: names, addresses and keys, and who left."""
    if arrival.name == OrganisationRemoved.name:
        removal = announcing.event_of_removal(body)
        message = removal
    else:
        removal, said = None, Announcement.model_validate_json(body)
        if said.organisation != arrival.origin:
            raise Unfit("announces another organisation than the hub says")
        _refuse_if(reasons_not_to_carry(len(body), vars(said)))
        message = said.own_event()
    return Admitted(
        event_id=local_id(arrival.origin, event_id),
        subject=message.subject(),
        aggregate_id=message.organisation_id,
        body=message.model_dump_json().encode(),
        time=time,
        traceparent=None,
        announcement=None if removal else said,  # pyrefly: ignore
        removal=removal,
    )


def _read_sealed(arrival: Arrival, event_id: UUID, body: bytes, us: str, ring: KeyRing) -> Admitted:
    origin = arrival.origin
    keys = ring.of(origin)
    if keys is None:
        raise NotYet(f"the keys of {origin}")
    try:
        message, text, signature = unsealed(body, Enclosed(origin, us, str(event_id)), ring.own)
    except sealing.Unreadable as error:
        raise Unfit(str(error)) from None
    signed = any(
        sealing.is_signed(text, signature, key) for key in ring.organisations[origin].signing_keys(datetime.now(UTC))
    )
    _refuse_if(reasons_not_to_believe(message.enclosed, origin=origin, us=us, event_id=str(event_id), signed=signed))
    event_type = BY_NAME.get(message.name)
    _refuse_if(reasons_not_to_hear(Arrival(origin, sealed=True, name=message.name), event_type and event_type.crossing))
    assert event_type is not None
    event = event_type.model_validate_json(message.event)
    if getattr(event, "to", us) != us:
        raise Unfit("the event in the sealed message is for another organisation")
    time = a_time(message.time or "") or datetime.now(UTC).isoformat()
    admitted = _admitted(origin, event, event_id, time, a_traceparent(message.traceparent or ""), len(body))
    admitted.is_addressed = True
    if (model := content_of(event_type)) is not None:
        if message.content is None or message.content_version is None:
            raise Unfit("the sealed message has no content")
        _refuse_if(reasons_not_to_carry(len(message.content), vars(model.model_validate_json(message.content))))
        admitted.sealed_message = KeptMessage(origin, message.name, event.aggregate_id, event.version, event_id, body)
    return admitted


def _admitted(
    origin: str, event: Crossing, event_id: UUID, time: str, traceparent: str | None, size: int, *, signed: bool = True
) -> Admitted:
    """What we say of it is set before the rest of the event, which is our own writing of what was validated: it can't
    say another."""
    _refuse_if(reasons_not_to_carry(size, vars(event)))
    is_told = "signed" in ARRIVING[event.name].model_fields
    ours = f'"origin":"{origin}",' + (f'"signed":{"true" if signed else "false"},' if is_told else "")
    return Admitted(
        event_id=local_id(origin, event_id),
        subject=ARRIVING[event.name].subject(),
        aggregate_id=event.aggregate_id,
        body=f"{{{ours}{event.model_dump_json()[1:]}".encode(),
        time=time,
        traceparent=traceparent,
    )


def _refuse_if(reasons: list[Reason]) -> None:
    if reasons:
        raise Unfit("; ".join(reason.text for reason in reasons[:5]))


def _names(fields: str) -> str:
    """Names of fields, with ? for each character that no name has: the sender may have written anything into them."""
    return "".join(
        character if character.isascii() and (character.isalnum() or character in "_.-, ") else "?"
        for character in fields
    )[:200]
