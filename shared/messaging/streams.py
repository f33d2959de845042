"""One stream per owning service. Only provisioning declares them; services refer to them by name."""


def stream_name(owner: str) -> str:
    return owner.upper()


def stream_subjects(owner: str) -> list[str]:
    """An event's subject has three tokens, the last a version; request-reply subjects end differently."""
    return [f"{owner}.*.v1"]


def durable_name(service: str, owner: str) -> str:
    """The durable consumer of a service on an owner's stream. No dots (JetStream)."""
    return f"{service}-{owner}"
