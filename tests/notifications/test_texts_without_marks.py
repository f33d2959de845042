"""NOT-05: nobody reads the marks in which our messages are written: each stands alone at the beginning of its line."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from services.notifications.gateways import letters, rendering
from tests.notifications.test_texts_by_phone import ways_to_say
from tests.notifications.texts import SETTINGS, TEMPLATES, VERSIONS, draft

MARK = re.compile(r"=>|(?:^|\s|[.!?:”])[#*]\s|^[-#]\s|[.!?:”]-\s|\{[{%#]|[#%}]\}")
"""What stands in a line of what people read only by our mistake."""
READ_OUT = ("You asked:", "Is there a lift?", "Our answer:", "Yes.")
ASKED: dict[str, Any] = {
    "version": 2,
    "address": "amina@people.example",
    "opportunity_id": str(UUID(int=4)),
    "asked_at": "2026-12-01T10:00:00+00:00",
    "due_at": "2026-12-04T17:00:00+00:00",
}


def ways_to_hear(template: str, version: str) -> Iterator[rendering.Letter]:
    """By mail, in the app and by telephone, with every choice that the file makes by a fact."""
    for facts in ways_to_say(template, most=100):
        if template == "claim-overdue" and facts["pay_by"] is None:
            continue  # a claim without a day is never late
        written = draft(template, version, **facts)
        yield letters.letter(written, SETTINGS, by_mail=True)
        yield letters.letter(written, SETTINGS, by_mail=False)
        yield letters.letter(written, SETTINGS, by_mail=False, by_phone=True, read_out=READ_OUT)


def marks_in(letter: rendering.Letter) -> set[str]:
    return {line.text for line in [*letter.body, *letter.foot] if MARK.search(line.text)}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_not_05_no_line_of_any_text_holds_the_mark_of_another(template: str, version: str):
    for letter in ways_to_hear(template, version):
        assert not MARK.search(letter.subject) and not marks_in(letter)
        assert all(line.text for line in [*letter.body, *letter.foot])


@pytest.mark.parametrize(("title", "host", "answer"), [*product(("The cafe", ""), ("SUN", ""), ("Yes.\n\nBy 1.", ""))])
def test_opp_22_no_mail_to_somebody_without_an_account_holds_a_mark(title: str, host: str, answer: str):
    asked = ASKED | {"title": title, "host": host, "answer": answer}
    sent = letters.answer_as_mail(UUID(int=1), asked, SETTINGS)
    plain, html = (
        sent.get_body((way,)).get_content()  # pyrefly: ignore
        for way in ("plain", "html")
    )
    for text in (plain, re.sub(r"(?s)<style.*?</style>|<[^>]+>", "\n", html)):
        assert not [line for line in text.splitlines() if MARK.search(line.strip())], text
    assert f'href="https://voice.example/opportunities/{UUID(int=4)}"' in html
    assert ("<h2" in html) is bool(answer)


@pytest.mark.parametrize(("answer", "gone"), [("Yes.", True), ("", False)])
def test_pri_01_only_the_mail_with_the_answer_says_that_we_delete_the_address_now(answer: str, gone: bool):
    asked = ASKED | {"title": "The cafe", "host": "", "answer": answer}
    words = letters.answer_as_mail(UUID(int=1), asked, SETTINGS).get_body(("plain",)).get_content()  # pyrefly: ignore
    said = " ".join(words.split())
    assert ("We delete your address now" in said) is gone
    assert ("Is anything not clear?" in said) is gone
    assert ("one more email from us because of this: the answer" in said) is not gone


def test_not_05_the_guard_of_marks_sees_a_line_that_was_eaten():
    for eaten in ("at 10:36am at the latest.=> /opportunities Read", "Here is our answer.# Our answer", "# Ours"):
        assert MARK.search(eaten)
