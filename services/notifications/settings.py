"""This service's own settings, besides those of every service."""

from pydantic import Field

from shared.mail import ADDRESS, MailSettings


class Settings(MailSettings):
    mail_reply_to: str | None = Field(
        default=None, pattern=ADDRESS, description="where replies are read; mail_from if left out"
    )
    calendar_host: str = Field(
        default="",
        description="what the ids of calendar entries end with; the host of the public address if left out. Entries "
        "made before it changed can't be moved or taken out any more, so it outlives a new public address",
    )
    contact_hours: str = Field(
        default="We read messages on weekdays, from 9am to 5pm.", description="when replies are read, in a sentence"
    )
    postal_address: str = Field(
        default="",
        max_length=90,
        description="the organisation's own postal address, in one line: on the contact page, and on letters, so that "
        "one which cannot be delivered comes back",
    )
    calls_kept_days: int = Field(
        default=90, ge=1, description="days after which calls that were made are forgotten; the steps stay"
    )
