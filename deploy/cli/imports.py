"""`chorus import`: give a service the CSV file that a charity's spreadsheet exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from deploy.cli.common import AWAY, DEFAULT, FOUND_WRONG, WRONG_USE, Directory, Json, Name, answer_of, err, operator_client, out, print_json, reached
from deploy.provision import SERVICES


class ImportProblem(Exception):
    """The file was not taken: rows holds what is wrong with it, if the service said so."""

    def __init__(self, sentence: str, rows: list[dict[str, Any]] | None = None, code: int = FOUND_WRONG) -> None:
        super().__init__(sentence)
        self.rows = rows or []
        self.code = code


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
            found |= {path.removeprefix(prefix): path for path in answer_of(response)["paths"] if path.startswith(prefix)}
    if not answered:
        raise ImportProblem("No service answers. Start the organisation with `chorus up`.", code=AWAY)
    return found


def send(client: httpx.Client, kind: str, data: bytes) -> dict[str, int]:
    """Have a file taken in, whole or not at all. Returns how many rows were added, changed and unchanged. Raises ImportProblem."""
    known = kinds(client)
    if kind not in known:
        raise ImportProblem(f"“{kind}” cannot be imported. What can: {', '.join(sorted(known)) or 'nothing'}.", code=WRONG_USE)
    try:
        response = client.post(known[kind], content=data, headers={"content-type": "text/csv"})
    except httpx.TransportError as error:
        raise ImportProblem(
            f"The organisation stopped answering ({type(error).__name__}). Import the file again: that changes nothing twice.", code=AWAY
        ) from None
    told = answer_of(response)
    if response.status_code == 200:
        return told
    told = told if isinstance(told, dict) else {}
    sentence = told.get("detail") or told.get("title") or f"The service answered {response.status_code}."
    problems = told.get("problems") or [{"row": None, "column": None, "text": reason.get("text", "")} for reason in told.get("reasons", [])]
    raise ImportProblem(str(sentence), problems)


def import_file(
    kind: Annotated[str, typer.Argument(help="What the rows are, for example people or opportunities.")],
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="A CSV file whose first row names the columns; “-” reads it from standard input.")],
    name: Name = DEFAULT,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Import a CSV file, whole or not at all. Everything wrong with it is listed by row; a file imported twice changes nothing.
    A blank cell, or a column that the file leaves out, erases nothing: that is done on the page of the person or thing itself.

    Exit code 1 if the file was not taken.
    """
    shown = Path(getattr(file, "name", "<stdin>")).name
    instance = reached(name, directory, as_json=as_json)
    try:
        with operator_client(instance, timeout=120) as client, err.status(f"Importing {shown}"):
            counts = send(client, kind, file.read())
    except ImportProblem as problem:
        if as_json:
            print_json({"error": str(problem), "problems": problem.rows})
        else:
            _show(shown, problem)
        raise typer.Exit(problem.code) from None
    if as_json:
        print_json(counts)
    else:
        out.print(f"{shown}: {counts['added']} added, {counts['changed']} changed, {counts['unchanged']} as they were.", markup=False)
        if waiting := counts.get("roles_to_confirm"):
            out.print(f"{waiting} {'change' if waiting == 1 else 'changes'} of roles {'waits' if waiting == 1 else 'wait'} for administrators,", markup=False)
            out.print("who find them under People, Changes of roles: one asks for it, another confirms. Until then nobody has them.", markup=False)


def _show(name: str, problem: ImportProblem) -> None:
    err.print(f"{name} was not imported; nothing was changed. {problem}", style="red", markup=False)
    if problem.rows:
        table = Table("row", "column", "what to do")
        for row in problem.rows:
            table.add_row(*(("" if row.get(key) is None else str(row[key])) for key in ("row", "column", "text")))
        err.print(table)
