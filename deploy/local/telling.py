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
        "calendar_host": urlsplit(public_url or instance.local_url).hostname or "",
        "mail_from": sender_of(instance),
        "payer_name": facts.organisation_name,
        "payer_sort_code": "309070",
        "payer_account_number": "12345668",
    }
    if facts.mode == "demo":
        values |= {"areas": "Fenton,Marsham,Ouseby,Holmwick,Easterby", "duty_number": "07700 900199"}
    if facts.mode != "production":
        values |= {"anonymous_posts": "10000/hour", "sign_in_limit_per_client": "1000/hour"}
        values |= {"sign_in_limit_per_address": "100/hour", "sign_in_limit_per_address_anywhere": "100/hour"}
    return _asked_for(part, values)


def sender_of(instance: Instance) -> str:
    """The address from which mail comes until somebody chooses another."""
    return f"hello@{instance.facts.organisation}.example.org"


def as_variables(values: Mapping[str, str]) -> dict[str, str]:
    return {PREFIX + name.upper(): value for name, value in values.items()}


def _asked_for(part: str, values: Mapping[str, str]) -> dict[str, str]:
    fields = settings_of(part).model_fields
    return as_variables({name: value for name, value in values.items() if name in fields})
