"""What notifications is told from outside, beside what every service is."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import ServiceSettings

_ADDRESS = r"^[^@\s<>]+@[^@\s<>]+$"


class Settings(ServiceSettings):
    smtp_host: str = Field(min_length=1, description="the mail server's name")
    smtp_port: int = Field(ge=1, le=65535, description="the mail server's port")
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str = Field(pattern=_ADDRESS, description="the address that our mails come from")
    mail_reply_to: str | None = Field(default=None, pattern=_ADDRESS, description="where replies are read; mail_from if left out")
    contact_hours: str = Field(default="We read messages on weekdays, from 9am to 5pm.", description="when replies are read, in a sentence")

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError("a mail password needs smtp_security starttls or tls")
        return self
