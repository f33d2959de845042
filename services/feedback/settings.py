"""What an organisation decides about its feedback."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from shared.settings import ServiceSettings


def _ids(value: Any) -> Any:
    return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value


class Settings(ServiceSettings):
    feedback_answer_days: int = Field(
        default=28,
        ge=1,
        le=365,
        description="calendar days to answer in; each item keeps the value it came under (FB-03)",
    )
    feedback_release_days: int = Field(
        default=3,
        ge=1,
        le=60,
        description="calendar days in which somebody reads words before they cross to another organisation (NET-02)",
    )
    feedback_reviewer_role: Literal["approver", "coordinator"] = Field(
        default="approver", description="who looks again (FB-07)"
    )
    feedback_read_by: str = Field(
        default="our coordinators", min_length=1, description="who reads what people write (FB-09)"
    )
    feedback_read_when: str = Field(
        default="within two working days", min_length=1, description="when they read it (FB-09)"
    )
    feedback_safeguarding_leads: Annotated[tuple[UUID, ...], NoDecode, BeforeValidator(_ids)] = Field(
        default=(),
        description="person ids of the safeguarding lead and deputy: read once, until somebody is named on the page "
        "(FB-09)",
    )
    feedback_guessing_alarm: int = Field(
        default=40, ge=1, description="wrong look-up codes within an hour, by all together, that raise the alarm"
    )
    feedback_safeguarding_hours: int = Field(
        default=24, ge=1, le=168, description="hours in which the lead takes a concern in hand (FB-09)"
    )
