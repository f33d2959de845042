"""What a service says, hears and answers, as the AsyncAPI 3.0 document that FastStream makes of its broker."""

from collections.abc import Iterable
from typing import Any

from faststream.nats import JStream
from faststream.specification.asyncapi import AsyncAPI

from shared.events import EVENTS
from shared.messaging.broker import answering, make_broker, subscribe
from shared.messaging.handling import Consumers
from shared.messaging.streams import stream_name

_HEADERS = {
    "type": "object",
    "description": "CloudEvents 1.0, binary mode.",
    "required": ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-causationid"],
    "properties": {
        "ce-specversion": {"type": "string", "const": "1.0"},
        "ce-id": {"type": "string", "format": "uuid"},
        "ce-source": {"type": "string", "format": "uri-reference"},
        "ce-type": {"type": "string"},
        "ce-subject": {"type": "string", "format": "uuid", "description": "The aggregate's id."},
        "ce-time": {"type": "string", "format": "date-time"},
        "ce-causationid": {"type": "string", "format": "uuid", "description": "The event or command that caused it."},
        "traceparent": {"type": "string"},
    },
}


def document(service: str, version: str, consumers: Consumers, answered: Iterable[str]) -> dict[str, Any]:
    """Leaves out the server's address, which is nobody else's business, and adds the headers of our events, which
    FastStream cannot describe.

    Uses a broker that is never connected, because describing one makes FastStream set up its handlers again.
    answered: subjects of request-reply.
    """
    broker = make_broker("nats://nowhere", service, "")
    for owner, events in consumers.owners().items():
        subscribe(broker, service=service, owner=owner, events=events, take=_described)
    stream = JStream(stream_name(service), declare=False)
    for event in EVENTS.values():
        if event.owner == service:  # our own relay publishes it
            broker.publisher(
                event.subject(), stream=stream, title=event.subject(), description=event.__doc__, schema=event
            )
    broker.include_router(answering(service, [(subject, _described) for subject in answered]))
    about = f"What {service} says, hears and answers over NATS."
    written = (
        AsyncAPI(broker, title=f"Chorus {service}", version=version, description=about).to_specification().to_jsonable()
    )
    del written["servers"]
    for channel in written["channels"].values():
        del channel["servers"]
    components = written["components"]
    components["schemas"]["CloudEvent"] = _HEADERS
    for name, message in components["messages"].items():
        message.pop("correlationId", None)  # FastStream's own header: ours is ce-causationid
        if name.partition(":")[0] in EVENTS:
            message["headers"] = {"$ref": "#/components/schemas/CloudEvent"}
    for part in ("channels", "operations"):
        written[part] = dict(sorted(written[part].items()))
    return written


async def _described(_: Any) -> Any: ...
