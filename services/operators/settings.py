"""This app's own settings, besides those of every service."""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from shared.settings import ServiceSettings


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


class Settings(ServiceSettings):
    service_urls: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(
        description="the base address of each service, as a JSON object"
    )
    trace_token: SecretStr = Field(description="services send it as x-chorus-trace-token with their spans")
    span_days: int = Field(default=30, ge=1, le=365, description="days that spans are kept")
    most_spans: int = Field(default=300_000, ge=1000, description="spans that are kept at most: the oldest go first")
