"""Programs that send what no document allows: problem details, and nothing changed."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from deploy.demo.first_half import HERE, IMPORTS
from deploy.provisioning.parts import SERVICES
from services.payments.paying.gateways.bank_files import ByHand, by_hand_csv
from tests.hostile.organisation import Organisation, changed
from tests.hostile.values import CANARY, FORMULA, NOBODY, SUM
from tests.support.slices import WHOLE, in_turn, some

EXAMPLES, MORE = 2, 7
"""Of each operation, by each of TRIED_AS: in make test, and in make slow."""
PROBLEM = "application/problem+json"
ENCODINGS = ("content-encoding", "transfer-encoding", "content-length")
TRIED_AS = (None, "stranger", "operator")


def told_in_full(answer: httpx.Response) -> list[str]:
    """What is wrong with an answer to a program."""
    if answer.status_code >= 500:
        return [f"answers {answer.status_code}"]
    if answer.status_code < 400:
        return []
    if answer.headers.get("content-type") != PROBLEM:
        return [f"answers {answer.status_code} as {answer.headers.get('content-type')}"]
    told = answer.json()
    if told["status"] != answer.status_code or not told["title"] or not told["detail"]:
        return [f"answers {told}"]
    return []


@WHOLE
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_each_operation_of_the_openapi_document_keeps_its_word(
    organisation: Organisation, service: str, mode: GenerationMode, whole: bool
):
    document = organisation.client(None).get(f"/{service}/api/openapi.json").json()
    faults: list[str] = []
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()  # pyrefly: ignore - a document that is no OpenAPI fails here
        if (
            mode is GenerationMode.POSITIVE or operation.path_parameters or operation.query or operation.body
        ):  # else there is nothing to get wrong
            faults += tried(organisation, operation, mode, MORE if whole else EXAMPLES)
    assert not faults, "\n".join(dict.fromkeys(faults))


def tried(organisation: Organisation, operation: Any, mode: GenerationMode, examples: int) -> list[str]:
    """Some examples, the same each time, by each of TRIED_AS."""
    faults: list[str] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        for who in TRIED_AS:
            answer = sent_as(organisation, who, case)
            found = told_in_full(answer) + (breaks_schema(operation, answer) if answer.status_code < 300 else [])
            faults.extend(f"{who} {case.method} {case.path}: {fault}" for fault in found)

    ask()
    return faults


def sent_as(organisation: Organisation, who: str | None, case: schemathesis.Case) -> httpx.Response:
    """Through the client that comes with it, which sends what others would not."""
    headers = {"authorization": f"Bearer {organisation.token(who)}"} if who else {}
    answer = case.call(base_url=organisation.url, headers=headers, timeout=60)
    kept = {name: values[0] for name, values in answer.headers.items() if name not in ENCODINGS}
    told = httpx.Response(
        answer.status_code, headers=kept, content=answer.content, request=httpx.Request(case.method, organisation.url)
    )
    told.elapsed = timedelta()
    return told


def breaks_schema(operation: Any, answer: httpx.Response) -> list[str]:
    try:
        operation.validate_response(answer)
    except AssertionError as broken:
        return [str(broken)[:300]]
    return []


# Spreadsheets

WHOLE_FILES: dict[str, bytes] = {
    "nothing": b"",
    "a blank line": b"\n\n\n",
    "words": b"hello",
    "a header alone": b"Name,Value,Holds from\n",
    "NUL": b"Name,Value,Holds from\nmileage,0.45\x00,01/04/2026\n",
    "a spreadsheet": b"PK\x03\x04" + bytes(500),
    "half UTF-16": b"\xff\xfeN\x00a",
    "lone surrogate": "Name,Value,Holds from\n\ud800,1,01/04/2026\n".encode("utf-8", "surrogatepass"),
    "one endless cell": b'Name,Value,Holds from\n"' + b"x" * 300_000,
    "thousands of columns": b",".join(b"c%d" % number for number in range(20_000)) + b"\n",
    "ten thousand rows": b"Name,Value,Holds from\n" + b"mileage,0.45,01/04/2026\n" * 10_000,
    "more than it may have": b"Name,Value,Holds from\n" + b"x" * 2_100_000,
    "more than any request": b"x" * 13_000_000,
    "JSON": b'{"name": "mileage"}',
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "two headers of one name": b"Name,Name,Value,Holds from\na,b,1,01/04/2026\n",
}


@WHOLE
@pytest.mark.parametrize("kind", ["people", "rates", "budgets", "opportunities", "feedback"])
def test_a_file_that_is_none_is_refused_whole_and_changes_nothing(organisation: Organisation, kind: str, whole: bool):
    path, before = path_of(kind), organisation.everything()
    for number, (what, data) in enumerate(WHOLE_FILES.items(), len(kind)):
        if not whole and number % 3:  # each file is one of some kind
            continue
        for send in in_turn(number, (as_it_is, in_a_form), whole):
            answer = send(organisation, path, data)
            assert answer.status_code in (413, 422), (what, answer.status_code)
            assert told_in_full(answer) == [], what
    assert changed(before, organisation.everything()) == []


WRONG_CELLS = (
    "-1",
    "-0.01",
    "9" * 400,
    "1e400",
    "NaN",
    "31/02/2026",
    "00/00/0000",
    "31/12/9999",
    CANARY,
    SUM,
    str(NOBODY),
    "x" * 20_000,
    "\u202e\U000e0041",
    "'; DROP TABLE people; --",
)


@WHOLE
@pytest.mark.parametrize(("kind", "name"), IMPORTS)
def test_a_file_with_one_wrong_cell_is_refused_by_row_or_taken_but_never_an_error(
    organisation: Organisation, kind: str, name: str, whole: bool
):
    """Each column of the organisation's own file, with each wrong thing in its second row; in make test each other
    column, with one."""
    rows = rows_of(HERE / name)
    path = path_of(kind)
    faults = []
    for column in range(0, len(rows[0]), 1 if whole else 2):
        for number, wrong in enumerate(WRONG_CELLS):
            # each of them in a quarter of the columns, each column with a quarter of them; or with one
            if (number + column) % (4 if whole else len(WRONG_CELLS)):
                continue
            changed_rows = [rows[0], [*rows[1]], *rows[2:4]]
            changed_rows[1][column] = wrong
            organisation.wait_until_told()
            before = organisation.looks(path.split("/")[1])
            answer = as_it_is(organisation, path, to_csv(changed_rows))
            faults += [f"{rows[0][column]}: {wrong[:30]}: {fault}" for fault in told_in_full(answer)]
            if answer.status_code == 422:
                problems = answer.json()["problems"]
                if not all(problem["text"] for problem in problems):
                    faults.append(f"{rows[0][column]}: {wrong[:30]}: no words")
                faults += [
                    f"{rows[0][column]}: {wrong[:30]}: refused, and {table} changed"
                    for table in changed(before, organisation.looks(path.split("/")[1]))
                ]
            elif wrong in ("31/02/2026", "00/00/0000", "NaN", "-0.01", "1e400") and rows[0][column] in (
                "Amount",
                "Value",
                "Budget",
                "Holds from",
                "Holds until",
            ):
                faults.append(f"{rows[0][column]}: {wrong} is taken")
    organisation.wait_until_quiet()
    assert not faults, "\n".join(faults)


def path_of(kind: str) -> str:
    owner = {"rates": "payments", "budgets": "payments"}.get(kind, kind)
    return f"/{owner}/api/import/{kind}"


def as_it_is(organisation: Organisation, path: str, data: bytes) -> httpx.Response:
    return organisation.client("operator").post(path, content=data, headers={"content-type": "text/csv"})


def in_a_form(organisation: Organisation, path: str, data: bytes) -> httpx.Response:
    return organisation.client("operator").post(path, files={"file": ("../a.csv", data, "text/csv")})


def rows_of(path: Any) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def to_csv(rows: list[list[str]]) -> bytes:
    output = io.StringIO()
    csv.writer(output).writerows(rows)
    return output.getvalue().encode()


# What operators' tools send

JUNK: tuple[bytes, ...] = (
    b"",
    b"null",
    b"[]",
    b"{",
    b'"words"',
    b"NaN",
    b'{"about": "x"}',
    b'{"about": ["\\ud800"]}',
    b'{"about": [null, 1, {}, []]}',
    b'{"about": ["' + b"9" * 5000 + b'"]}',
    b'{"offset_seconds": -1}',
    b'{"offset_seconds": 1e999}',
    b'{"offset_seconds": "\\ud800"}',
    b'{"offset_seconds": 99999999999999999999999}',
    b'{"offset_seconds": 3, "\\u0000": 1, "offset_seconds": "x"}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    json.dumps({"ids": [str(NOBODY)] * 5001}).encode(),
)


@pytest.mark.parametrize("service", some([*SERVICES, "operator"], 3))  # one code of shared/operations answers for all
def test_junk_for_operators_tools_is_named_and_changes_nothing(organisation: Organisation, service: str):
    organisation.wait_until_quiet()
    before = organisation.everything()
    faults = []
    prefix = f"/{service}/operator"
    for path in ("steps", "clock"):
        for body in JUNK:
            answer = organisation.client("operator").post(
                f"{prefix}/{path}", content=body, headers={"content-type": "application/json"}
            )
            faults += [f"{path} {body[:30]!r}: {fault}" for fault in told_in_full(answer)]
            if answer.status_code < 300 and (path == "clock" or b"about" in body):
                faults.append(f"{path} {body[:30]!r}: {answer.status_code}")
    assert not faults, "\n".join(faults)
    assert changed(before, organisation.everything()) == []


@pytest.mark.parametrize("name", [FORMULA, "+44", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_name_that_a_spreadsheet_would_run_is_only_words_in_the_list_that_finance_opens(name: str):
    (row,) = list(
        csv.DictReader(
            io.StringIO(by_hand_csv([ByHand("V-1", name, "Vouchers", 1250)]).removeprefix("\ufeff"), newline="")
        )
    )
    assert row["Name"] == f"'{name}"
