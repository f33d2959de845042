"""This service's settings."""

import base64
import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.people.domain.factors import IdleLimits
from shared.identity import new_signing_key
from shared.mail import MailSettings
from shared.settings import KeyFile, Limit

KEY_BYTES = 32
KEYS_FILE = "factor-keys.json"


def new_sign_in_key() -> str:
    """The content of a new file with the key that signs sign-in tokens."""
    return json.dumps(new_signing_key().as_dict(private=True)) + "\n"


def new_factor_keys(key_id: str = "1") -> str:
    """The content of a new file of keys."""
    return (
        json.dumps(
            {"current": key_id, "keys": {key_id: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}}, indent=2
        )
        + "\n"
    )


class Settings(MailSettings):
    session_signing_key: Annotated[Path, KeyFile("session-signing-key.json", new_sign_in_key)] = Field(
        description="the private key (JWK) that signs sign-in tokens; its public half is in session_keys"
    )
    factor_keys: Annotated[Path | None, KeyFile(KEYS_FILE, new_factor_keys)] = Field(
        default=None,
        description="JSON file with the keys of second steps; left out: factor-keys.json beside the signing key",
    )
    staff_idle_minutes: int = Field(
        default=30, ge=5, le=720, description="a sign-in that may move money ends after so long without use"
    )
    coordinator_idle_minutes: int = Field(
        default=120, ge=5, le=720, description="a sign-in of other staff ends after so long without use"
    )
    areas: str = Field(default="", description="where the organisation works, parted by commas")
    sign_in_limit_per_address: Limit = Field(
        default="6/hour", description="codes for one address, asked for by one connection or known browser"
    )
    sign_in_limit_per_address_anywhere: Limit = Field(
        default="20/hour", description="codes for one address, by all browsers that are not known"
    )
    sign_in_limit_per_client: Limit = Field(
        default="60/hour", description="codes, tries and joinings by one connection"
    )
    sign_in_limit_with_door: Limit = Field(
        default="600/hour", description="the same while a coordinator holds a door open for that connection"
    )
    second_step_limit: Limit = Field(default="10/15 minutes", description="tries at a second step by one sign-in")
    second_step_limit_anywhere: Limit = Field(
        default="30/hour",
        description="the same by all of a person's browsers where it was never given; then the person, the "
        "administrators and the operator are told",
    )
    guessing_alarm_accounts: int = Field(
        default=10, ge=1, description="accounts with wrong codes within an hour that raise the alarm"
    )

    @property
    def idle_limits(self) -> IdleLimits:
        return IdleLimits(
            with_factor=timedelta(minutes=self.staff_idle_minutes),
            staff=timedelta(minutes=self.coordinator_idle_minutes),
        )

    @property
    def area_list(self) -> tuple[str, ...]:
        return tuple(area.strip() for area in self.areas.split(",") if area.strip())
