"""What a service says and hears, as an AsyncAPI 3.0 document."""

from typing import Any

from shared.events import EVENTS, Event
from shared.messaging.handling import Consumers

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


def document(service: str, version: str, consumers: Consumers) -> dict[str, Any]:
    """The AsyncAPI document of a service: one channel an event, sent if the service owns it, received if it hears it."""
    said = [event for event in EVENTS.values() if event.owner == service]
    heard = consumers.events.values()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Chorus {service}", "version": version, "description": f"What {service} says and hears over NATS JetStream."},
        "defaultContentType": "application/json",
        "channels": {_key(event): _channel(event) for event in [*said, *heard]},
        "operations": {
            **{f"say-{_key(event)}": _operation("send", event) for event in said},
            **{f"hear-{_key(event)}": _operation("receive", event) for event in heard},
        },
    }


def _key(event: type[Event]) -> str:
    return event.subject().replace(".", "-")


def _operation(action: str, event: type[Event]) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{_key(event)}"}}


def _channel(event: type[Event]) -> dict[str, Any]:
    schema = event.model_json_schema(ref_template=f"#/channels/{_key(event)}/messages/{event.name}/payload/$defs/{{model}}")
    message = {"name": event.subject(), "summary": schema.get("description", "").partition("\n")[0], "headers": _HEADERS, "payload": schema}
    return {"address": event.subject(), "messages": {event.name: message}}
