"""What the gateway is told beside what every service is."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    network_nats_url: str = Field(pattern=r"^(nats|tls)://", description="the NATS account NET, as its user border, with the password in it")
    network_keys: Path = Field(description="JSON file with the key pairs that letters are sealed and signed with (`new_network_keys`)")
    letter_days: int = Field(default=30, ge=1, le=365, description="days that a sealed letter is kept after its last change")
