"""How an instance configures its services: one value for each setting name, and each service gets those that its
settings ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy.local.processes import HOST
from deploy.provisioning.border import BORDER
from deploy.provisioning.keys import PUBLIC_KEYS, settings_of
from deploy.provisioning.parts import OURS, SERVICES

if TYPE_CHECKING:
    from deploy.local.instance import Instance

PREFIX = "CHORUS_"
_ACCOUNT = {"payer_sort_code": "309070", "payer_account_number": "12345668"}
INVENTED = {"areas": "Fenton,Marsham,Ouseby,Holmwick,Easterby", "duty_number": "07700 900199"}
_WIDE_LIMITS = {
    "anonymous_posts": "10000/hour",
    "sign_in_limit_per_client": "1000/hour",
    "sign_in_limit_per_address": "100/hour",
    "sign_in_limit_per_address_anywhere": "100/hour",
}
_TO_CHOOSE = {
    "payer_sort_code": "the sort code of your own account, from which payments go out",
    "payer_account_number": "its account number",
    "mail_from": "the address that your mails come from",
    "smtp_host": "mail goes no further than this machine. Name your mail server, and set CHORUS_SMTP_PORT and "
    "CHORUS_SMTP_SECURITY with it",
    "public_url": "only this machine can open it. Write the address that people open",
    "duty_number": "the telephone on which people reach you, or leave it blank",
    "areas": "where you work, with commas between them, or leave it blank",
}
"""What only the organisation itself can say before it is real, and how to say it."""
_BESIDE = {"payer_sort_code": "payer_account_number", "smtp_host": "smtp_port"}
"""Ours only together: somebody's own bank may have that sort code, and their mail server may be on this machine."""


def renewed(instance: Instance, part: str, *, separate: bool) -> dict[str, str]:
    """Settings that depend on the instance's addresses, passwords and folders: they are ours, and written again at
    each start."""
    settings, facts = settings_of(part), instance.facts
    keys = {
        name: str(instance.directory / kind.name)
        for name, kind in settings.key_files().items()
        if settings.model_fields[name].is_required()
    }
    beside_web = () if separate else SERVICES
    urls = {each: instance.url_of("web" if each in beside_web else each) for each in OURS}
    values = {
        "organisation": facts.organisation,
        "organisation_name": facts.organisation_name,
        "mode": facts.mode,
        "database_url": instance.database_url(part),
        "nats_url": instance.nats_url(part),
        "network_nats_url": instance.nats_url(BORDER),
        "session_keys": str(instance.directory / PUBLIC_KEYS),
        "storage_dir": str(instance.directory / "storage" / part),
        "services": ",".join(SERVICES),
        "service_urls": json.dumps(urls),
        "trace_token": facts.passwords["trace"],
    }
    return _asked_for(part, values | keys | on_this_machine(instance))


def on_this_machine(instance: Instance) -> dict[str, str]:
    """The public address and the mail server of a start on this machine alone. The instance's keeper may choose
    others."""
    return {
        "public_url": instance.local_url,
        "smtp_host": HOST,
        "smtp_port": str(instance.facts.ports["smtp"]),
        "smtp_security": "none",
    }


def suggested(instance: Instance, part: str, public_url: str) -> dict[str, str]:
    """What a new instance starts with, and its operator may change in the env file. public_url: as it was before; ""
    if none was."""
    facts = instance.facts
    values = {
        "look": facts.look,
        "areas": "",
        "council_number": "",
        "calendar_host": urlsplit(public_url or instance.local_url).hostname or "",
        "payer_name": facts.organisation_name,
        **dict.fromkeys((*_ACCOUNT, "mail_from"), ""),
    }
    if facts.mode == "demo":
        values |= INVENTED
    if facts.mode != "production":
        values |= _ACCOUNT | _WIDE_LIMITS | {"mail_from": sender_of(instance)}
    return _asked_for(part, values)


def without_wide_limits(values: Mapping[str, str]) -> dict[str, str]:
    """For production: the limits that a demo has are taken back."""
    ours = as_variables(_WIDE_LIMITS)
    return {key: value for key, value in values.items() if ours.get(key) != value}


def to_choose(instance: Instance, files: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each setting that is blank or invented and that only the organisation can say, with its files."""
    unsaid = {part: _unsaid(instance, values) for part, values in files.items()}
    where = {name: [f"{part}.env" for part, names in unsaid.items() if name in names] for name in _TO_CHOOSE}
    return [
        f"{PREFIX}{name.upper()} in {', '.join(where[name])}: {what}"
        for name, what in _TO_CHOOSE.items()
        if where[name]
    ]


def _unsaid(instance: Instance, values: Mapping[str, str]) -> set[str]:
    ours = _ACCOUNT | INVENTED | on_this_machine(instance) | {"mail_from": sender_of(instance)}
    told = {key.removeprefix(PREFIX).lower(): value for key, value in values.items()}
    found = {name for name, value in ours.items() if told.get(name) == value}
    found |= {name for name in (*_ACCOUNT, "mail_from") if told.get(name) == ""}
    return {name for name in found if _BESIDE.get(name, name) in found}


def sender_of(instance: Instance) -> str:
    """The address from which mail comes until somebody chooses another."""
    return f"hello@{instance.facts.organisation}.example.org"


def as_variables(values: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + name.upper(): value for name, value in values.items()}


def _asked_for(part: str, values: Mapping[str, str]) -> dict[str, str]:
    fields = settings_of(part).model_fields
    return as_variables({name: value for name, value in values.items() if name in fields})
