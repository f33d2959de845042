"""One stream per owning service. Provisioning alone declares them; services name them."""


def stream_name(owner: str) -> str:
    return owner.upper()


def stream_subjects(owner: str) -> list[str]:
    """Events have three tokens, the last a version; request-reply subjects do not end so."""
    return [f"{owner}.*.v1"]


def durable_name(service: str, owner: str) -> str:
    """The durable consumer of a service on an owner's stream. No dots (JetStream)."""
    return f"{service}-{owner}"
