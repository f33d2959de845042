"""How an instance is configured. A missing or wrong setting stops the start with a sentence that names it."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from limits import parse
from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


def _limit(value: str) -> str:
    try:
        parse(value)
    except ValueError:
        raise ValueError('it must be like "6/hour"') from None
    return value


Limit = Annotated[str, AfterValidator(_limit)]
"""How often something may be done: "6/hour", "10 per 10 minutes"."""
_environment_counts: ContextVar[bool] = ContextVar("environment_counts", default=True)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Annotates a setting that names a file of keys: what the file is called where it is made, and what a new one
    holds."""

    name: str
    new: Callable[[], str]


class ServiceSettings(BaseSettings):
    """The settings every service has, from environment variables CHORUS_<NAME> or from an env file."""

    model_config = SettingsConfigDict(env_prefix="CHORUS_", extra="ignore")

    organisation: str = Field(pattern=r"^[a-z][a-z0-9-]{1,30}$", description="short name, for example sun")
    organisation_name: str = Field(min_length=1, description="as people know it")
    look: Literal["teal", "plum", "forest", "brick"] = Field(default="teal", description="the colours of the header")
    duty_number: str = Field(
        default="",
        max_length=30,
        pattern=r"^[0-9 +()-]*$",
        description="the telephone on which people reach us; other organisations' guests too (NET-02)",
    )
    council_number: str = Field(
        default="",
        max_length=30,
        pattern=r"^[0-9 +()-]*$",
        description="the telephone of the council's safeguarding team for adults, for whoever worries (FB-09)",
    )
    mode: Literal["production", "demo", "test"] = "production"
    public_url: str = Field(pattern=r"^https?://[^/]+$", description="where people find it, without a slash at the end")
    database_url: str = Field(pattern=r"^postgresql://", description="this service's own database, as its runtime role")
    nats_url: str = Field(pattern=r"^(nats|tls)://", description="this service's own NATS user and password in it")
    session_keys: Path = Field(description="JWKS file with the public keys that sign-in tokens are checked with")
    storage_dir: Path = Field(default=Path("storage"), description="a folder for files, outside the web root")
    relay_poll_seconds: float = Field(default=1.0, gt=0)
    anonymous_posts: Limit = Field(
        default="600/10 minutes", description="what one connection may post without being signed in"
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_left_out(cls, values: Any) -> Any:
        """Compose passes on settings that the .env file leaves empty: they count as missing."""
        return {name: value for name, value in values.items() if value != ""} if isinstance(values, dict) else values

    @classmethod
    def key_files(cls) -> dict[str, KeyFile]:
        """The files of keys that this service needs, by the setting that names each."""
        return {
            name: kind
            for name, field in cls.model_fields.items()
            for kind in field.metadata
            if isinstance(kind, KeyFile)
        }

    @classmethod
    def load(cls, env_file: Path | None = None) -> Self:
        """From the environment, or from env_file alone. Exits with code 2 and a clear sentence if something is
        wrong."""
        try:
            return cls.from_file(env_file) if env_file else cls()  # pyrefly: ignore
        except ValidationError as error:
            print(explain(error, env_file), file=sys.stderr)
            raise SystemExit(2) from None

    @classmethod
    def from_file(cls, env_file: Path) -> Self:
        """From the file alone, so that services in one process do not share their settings."""
        prefix = str(cls.model_config.get("env_prefix", "")).lower()
        return cls.exactly(
            {
                key.lower().removeprefix(prefix): value
                for key, value in dotenv_values(env_file, interpolate=False).items()
                if key.lower().startswith(prefix)
            }
        )

    @classmethod
    def exactly(cls, values: dict[str, Any]) -> Self:
        """From these values and the defaults, whatever the environment says."""
        remembered = _environment_counts.set(False)
        try:
            return cls(**values)
        finally:
            _environment_counts.reset(remembered)

    @classmethod
    def settings_customise_sources(  # pyrefly: ignore[bad-override]
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if _environment_counts.get():
            return sources["init_settings"], sources["env_settings"]
        return (sources["init_settings"],)


def explain(error: ValidationError, env_file: Path | None = None) -> str:
    """One line for each setting: its name and what is wrong, never the value."""
    where = f"in {env_file}" if env_file else "in the environment"
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        if not problem["loc"]:  # settings that do not fit each other: the validator's sentence names them
            lines.append(f"{problem['msg'].removeprefix('Value error, ')} ({where}).")
            continue
        name = "CHORUS_" + "_".join(str(part) for part in problem["loc"]).upper()
        what = "is missing" if problem["type"] == "missing" else f"is wrong: {problem['msg'].lower()}"
        lines.append(f"{name} {what} ({where}).")
    return "This service cannot start.\n" + "\n".join(lines)
