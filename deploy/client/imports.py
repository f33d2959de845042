"""Gives a service the CSV file that a charity's spreadsheet exports."""

from __future__ import annotations

from typing import Any

import httpx

from deploy.client.answers import answer_of
from deploy.provisioning.parts import SERVICES


class ImportProblem(Exception):
    """The file was not imported: rows has its problems, if the service named them."""

    def __init__(self, sentence: str, rows: list[dict[str, Any]] | None = None) -> None:
        super().__init__(sentence)
        self.rows = rows or []


class NoSuchKind(ImportProblem):
    """No service takes files of this kind."""


class NotAnswered(ImportProblem):
    """Nobody answered, or the connection broke."""


def kinds(client: httpx.Client) -> dict[str, str]:
    """What can be imported, by the path that takes it: each service says so in its OpenAPI document."""
    found, answered = {}, False
    for service in SERVICES:
        try:
            response = client.get(f"/{service}/api/openapi.json")
        except httpx.TransportError:
            continue
        if response.status_code == 200:
            answered = True
            prefix = f"/{service}/api/import/"
            found |= {
                path.removeprefix(prefix): path for path in answer_of(response)["paths"] if path.startswith(prefix)
            }
    if not answered:
        raise NotAnswered("No service answers. The organisation's logs say why.")
    return found


def send(client: httpx.Client, kind: str, data: bytes) -> dict[str, int]:
    """Has a file imported, whole or not at all. Returns how many rows were added, changed and unchanged. Raises
    ImportProblem."""
    known = kinds(client)
    if kind not in known:
        raise NoSuchKind(f"“{kind}” cannot be imported. What can: {', '.join(sorted(known)) or 'nothing'}.")
    try:
        response = client.post(known[kind], content=data, headers={"content-type": "text/csv"})
    except httpx.TransportError as error:
        raise NotAnswered(
            f"The organisation stopped answering ({type(error).__name__}). Import the file again: that changes "
            "nothing twice."
        ) from None
    told = answer_of(response)
    if response.status_code == 200:
        return told
    told = told if isinstance(told, dict) else {}
    sentence = told.get("detail") or told.get("title") or f"The service answered {response.status_code}."
    problems = told.get("problems") or [
        {"row": None, "column": None, "text": reason.get("text", "")} for reason in told.get("reasons", [])
    ]
    raise ImportProblem(str(sentence), problems)
