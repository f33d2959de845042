"""What this service is told from outside."""

from pathlib import Path
from typing import Annotated

from limits import parse
from pydantic import AfterValidator, Field

from shared.mail import MailSettings


def _limit(value: str) -> str:
    try:
        parse(value)
    except ValueError:
        raise ValueError('it must be like "6/hour"') from None
    return value


Limit = Annotated[str, AfterValidator(_limit)]


class Settings(MailSettings):
    session_signing_key: Path = Field(description="the private key (JWK) that signs sessions; its public half is in session_keys")
    areas: str = Field(default="", description="where the organisation works, parted by commas")
    sign_in_limit_per_address: Limit = "6/hour"
    sign_in_limit_per_client: Limit = "60/hour"

    @property
    def area_list(self) -> tuple[str, ...]:
        return tuple(area.strip() for area in self.areas.split(",") if area.strip())
