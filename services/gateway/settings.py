"""The gateway's settings, besides those of every service."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from services.gateway.keys import new_network_keys
from shared.settings import KeyFile, ServiceSettings

NETWORK_KEYS = KeyFile("network-keys.json", new_network_keys)


def _parted(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(ServiceSettings):
    network_nats_url: str = Field(
        pattern=r"^(nats|tls)://", description="NATS, as its user border of account NET_BORDER, with the password in it"
    )
    network_keys: Annotated[Path, NETWORK_KEYS] = Field(
        description="JSON file with the key pairs that messages are sealed and signed with (`new_network_keys`)"
    )
    services: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parted)] = Field(
        min_length=1,
        description="who may hear what arrives, parted by commas: it is sent on no faster than the slowest of them "
        "takes it",
    )
    letter_days: int = Field(
        default=30, ge=1, le=365, description="days that a sealed message is kept after its last change"
    )
