"""What payments is told from outside, beside what every service is told."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    bank_keys: Path = Field(description="JSON file with the keys that bank details are sealed with")
    payer_name: str = Field(min_length=1, max_length=70, description="the name on the organisation's own account")
    payer_sort_code: str = Field(pattern=r"^\d{6}$", description="its sort code")
    payer_account_number: str = Field(pattern=r"^\d{8}$", description="its account number")
    known_number_days: int = Field(
        default=30, ge=1, description="days for which a telephone number must have been held before bank details are confirmed by it"
    )
    modulus_weights: Path | None = Field(default=None, description="Pay.UK's current weight table (valacdos)")
    modulus_substitutes: Path | None = Field(default=None, description="Pay.UK's current table of substitute sort codes (scsubtab)")
