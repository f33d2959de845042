"""What payments is configured with, besides what every service is."""

import base64
import json
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.settings import KeyFile, ServiceSettings

KEY_BYTES = 32


def new_bank_keys(key_id: str = "1") -> str:
    """The content of a new file of bank keys."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    return json.dumps({"current": key_id, "keys": {key_id: key()}, "same_account": key()}, indent=2) + "\n"


class Settings(ServiceSettings):
    bank_keys: Annotated[Path, KeyFile("bank-keys.json", new_bank_keys)] = Field(
        description="JSON file with the keys that bank details are sealed with"
    )
    payer_name: str = Field(min_length=1, max_length=70, description="the name on the organisation's own account")
    payer_sort_code: str = Field(pattern=r"^\d{6}$", description="its sort code")
    payer_account_number: str = Field(pattern=r"^\d{8}$", description="its account number")
    known_number_days: int = Field(
        default=30,
        ge=1,
        description="days for which a telephone number must have been held before bank details are confirmed by it",
    )
    statements_kept_days: int = Field(
        default=14,
        ge=1,
        description="days after which a bank statement that was brought and not confirmed is deleted; the page says "
        "so (PRI-04)",
    )
    modulus_weights: Path | None = Field(default=None, description="Pay.UK's current weight table (valacdos)")
    modulus_substitutes: Path | None = Field(
        default=None, description="Pay.UK's current table of substitute sort codes (scsubtab)"
    )
