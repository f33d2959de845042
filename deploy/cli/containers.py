"""The organisation around a container, for the command line inside it: reached as its services reach each other."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

import httpx

from deploy.client.tools import token_for_tools
from deploy.local.processes import ServerError
from shared.identity import Role, load_signing_key

URLS, SIGNING_KEY, NETWORK_KEYS = "CHORUS_SERVICE_URLS", "CHORUS_SESSION_SIGNING_KEY", "CHORUS_NETWORK_KEYS"
PEOPLE_DATABASE = "CHORUS_PEOPLE_DATABASE_URL"


@dataclass(frozen=True)
class Names:
    organisation: str
    organisation_name: str


@dataclass(frozen=True)
class Containers:
    """What an instance is to the commands, where each service is a container of its own."""

    facts: Names
    urls: Mapping[str, str]
    key: Path
    directory: Path
    """The folder with the network's keys."""

    @classmethod
    def around(cls) -> Self | None:
        """From this container's environment; None if it says nothing of the kind."""
        told = os.environ
        if URLS not in told or SIGNING_KEY not in told:
            return None
        name = told.get("CHORUS_ORGANISATION", "sun")
        facts = Names(name, told.get("CHORUS_ORGANISATION_NAME") or name)
        return cls(
            facts,
            json.loads(told[URLS]),
            Path(told[SIGNING_KEY]),
            Path(told.get(NETWORK_KEYS, "network-keys.json")).parent,
        )

    @property
    def local_url(self) -> str:
        return "the containers beside this one"

    def url_of(self, part: str) -> str:
        """Where a part answers. Nothing answers for the site as a whole: see transport()."""
        return self.urls.get(part, "http://organisation")

    def database_url(self, database: str) -> str:
        """Only for people's database, where administrators are made before anybody can sign in. Raises ServerError
        if nothing names it."""
        url = os.environ.get(PEOPLE_DATABASE) if database == "people" else None
        if not url:
            raise ServerError(
                f"{PEOPLE_DATABASE} does not say where the database of people is. Take the newest docker-compose.yml."
            )
        return url

    def operator_token(self, *more_roles: Role, life: timedelta = timedelta(minutes=10)) -> str:
        return token_for_tools(load_signing_key(self.key), self.facts.organisation, *more_roles, life=life)

    def transport(self) -> httpx.BaseTransport:
        return _ByFirstWord(self.urls)


class _ByFirstWord(httpx.BaseTransport):
    """Sends each request to the service that its path begins with, as the proxy does."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = {name: httpx.URL(url) for name, url in urls.items()}
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        service = self._urls.get(request.url.path.split("/")[1])
        if service is None:
            raise httpx.ConnectError(f"no service for {request.url.path}")
        request.url = request.url.copy_with(scheme=service.scheme, host=service.host, port=service.port)
        request.headers["host"] = service.netloc.decode()
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()
