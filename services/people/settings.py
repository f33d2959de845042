"""What this service is told from outside."""

from pathlib import Path
from typing import Annotated, Literal

from limits import parse
from pydantic import AfterValidator, Field

from shared.settings import ServiceSettings


def _limit(value: str) -> str:
    try:
        parse(value)
    except ValueError:
        raise ValueError('it must be like "6/hour"') from None
    return value


Limit = Annotated[str, AfterValidator(_limit)]


class Settings(ServiceSettings):
    session_signing_key: Path = Field(description="the private key (JWK) that signs sessions; its public half is in session_keys")
    smtp_host: str = Field(min_length=1)
    smtp_port: int = Field(ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: str = Field(default="", repr=False)
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="the address that sign-in codes come from")
    areas: str = Field(default="", description="where the organisation works, parted by commas")
    sign_in_limit_per_address: Limit = "6/hour"
    sign_in_limit_per_client: Limit = "60/hour"

    @property
    def area_list(self) -> tuple[str, ...]:
        return tuple(area.strip() for area in self.areas.split(",") if area.strip())
