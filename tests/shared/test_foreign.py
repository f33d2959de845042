"""What others wrote is read in one place; what is nested without end is refused like anything else that is wrong."""

import re
from pathlib import Path

import pytest

from services.operators import otlp, pages
from services.payments.bank_statements.gateways import camt
from services.payments.paying.gateways import bank_xml
from services.people.domain.passkeys import Site
from services.people.gateways import passkeys
from shared.foreign import DEEPEST, Unreadable, json_in, xml_in
from shared.reasons import Refused

ROOT = Path(__file__).parents[2]
DEEP_JSON = [
    "[" * 19_990,
    "[" * 500 + "]" * 500,  # read, and then too much for who goes through it
    '{"a":' * 3_000 + "1" + "}" * 3_000,
]
DEEP_XML = b"<a>" * 3_000 + b"</a>" * 3_000
SITE = Site("localhost", "http://localhost")
OF_OUR_OWN = {
    "services/gateway/keys.py",
    "services/gateway/reading.py",
    "services/operators/settings.py",
    "services/opportunities/register/pages.py",
    "services/payments/bank_details/gateways/vault.py",
    "services/payments/bank_statements/use_cases/unnamed.py",
    "services/payments/receipts/gateways.py",
    "services/people/api.py",
    "services/people/gateways/factors.py",
    "services/people/use_cases/drafts.py",
    "shared/identity.py",
    "shared/messaging/publishing.py",
    "shared/service.py",
    "shared/web/vendor.py",
}
"""Files that we wrote, answers of our own servers and services, and what we sealed."""


@pytest.mark.parametrize("text", [*DEEP_JSON, "", "{", "nothing", b"\xff\xfe\xff"])
def test_what_is_no_json_is_unreadable(text: str | bytes) -> None:
    with pytest.raises(Unreadable):
        json_in(text)
    assert json_in('{"a": [1]}') == {"a": [1]}


@pytest.mark.parametrize(
    "data",
    [DEEP_XML, b"", b"<a>", b"<!DOCTYPE a><a/>", b"<?xml version='1.0' encoding='nothing'?><a/>", b"<a>\xff</a>"],
)
def test_what_is_no_xml_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        xml_in(data)


def test_xml_is_read_to_the_depth_that_any_bank_needs() -> None:
    assert xml_in(b"<a>" * DEEPEST + b"</a>" * DEEPEST).tag == "a"
    with pytest.raises(Unreadable):
        xml_in(b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1))


def test_pay_12_a_banks_file_that_is_nested_without_end_is_refused_in_words() -> None:
    for read in (bank_xml.read_answer, camt.read_statement):
        with pytest.raises(Refused, match="PAY-12"):
            read(DEEP_XML)


@pytest.mark.parametrize("text", DEEP_JSON)
def test_a_passkeys_answer_that_is_nested_without_end_is_a_wrong_answer(text: str) -> None:
    for read in (
        lambda: passkeys.made(text, SITE, b"challenge"),
        lambda: passkeys.credential_in(text),
        lambda: passkeys.counter_in(text, SITE, b"challenge", b"key"),
    ):
        with pytest.raises(passkeys.WrongAnswer):
            read()


@pytest.mark.parametrize("text", DEEP_JSON)
def test_operators_see_a_message_that_is_nested_without_end_as_it_came(text: str) -> None:
    assert pages._readable({"body": text}) == text
    with pytest.raises(otlp.BadTraces):
        otlp.read(text.encode(), "application/json", "")


@pytest.mark.parametrize("folder", ["services", "shared"])
def test_json_and_xml_of_others_are_read_in_one_place(folder: str) -> None:
    reads = re.compile(r"json\.loads?\(|ElementTree\.(fromstring|parse|XML)")
    found = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py") if reads.search(path.read_text())}
    assert found - {"shared/foreign.py"} == {path for path in OF_OUR_OWN if path.startswith(folder)}
