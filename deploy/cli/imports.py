"""`chorus import`: give a service the CSV file that a charity's spreadsheet exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.common import (
    AWAY,
    FOUND_WRONG,
    UNSAID,
    WRONG_USE,
    Directory,
    Json,
    Name,
    err,
    operator_client,
    out,
    print_json,
    reached,
    table,
)
from deploy.client.imports import ImportProblem, NoSuchKind, NotAnswered, send


def import_file(
    kind: Annotated[str, typer.Argument(help="What the rows are, for example people or opportunities.")],
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="A CSV file whose first row names the columns; “-” reads it from standard input."),
    ],
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Import a CSV file, whole or not at all. Everything wrong with it is listed by row; a file imported twice changes
    nothing. A blank cell, or a column that the file leaves out, erases nothing: that is done on the page of the person
    or thing itself.

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
        raise typer.Exit(_code(problem)) from None
    if as_json:
        print_json(counts)
    else:
        out.print(
            f"{shown}: {counts['added']} added, {counts['changed']} changed, {counts['unchanged']} as they were.",
            markup=False,
        )
        if waiting := counts.get("roles_to_confirm"):
            out.print(
                f"{waiting} {'change' if waiting == 1 else 'changes'} of roles {'waits' if waiting == 1 else 'wait'} "
                "for administrators,",
                markup=False,
            )
            out.print(
                "who find them under People, Changes of roles: one asks for it, another confirms. Until then nobody "
                "has them.",
                markup=False,
            )


def _code(problem: ImportProblem) -> int:
    return WRONG_USE if isinstance(problem, NoSuchKind) else AWAY if isinstance(problem, NotAnswered) else FOUND_WRONG


def _show(name: str, problem: ImportProblem) -> None:
    err.print(f"{name} was not imported; nothing was changed. {problem}", style="red", markup=False)
    if problem.rows:
        shown = table("row", "column", "what to do")
        for row in problem.rows:
            shown.add_row(*(("" if row.get(key) is None else str(row[key])) for key in ("row", "column", "text")))
        err.print(shown)
