"""No link in another organisation's words can be pressed in a mail of ours (NET-01)."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.notifications.domain.links import without_links

LINKS = [
    "https://evil.example/login",
    "HTTP://evil.example",
    "//evil.example/x",
    "www.evil.example",
    "evil.example/login",
    "evil.co.uk",
    "mailto:me@evil.example",
    "me@evil.example",
    "javascript:alert(1)",
    "tel:07700900123",
    "bit.ly/abc",
    "sub.domain.evil.com:8080/path?x=1#y",
    "ftp://evil.example",
    "evil.zip",
    "evil.xn--p1ai/k",
    "evil.рф/k",
    "evil.भारत",
    "192.0.2.7/login",
    "192.0.2.7",
    "evil．com",
    "evil。com",
    "me@evil．com",
    "192．0．2．7",
    "is.gd/x",
    "youtu.be/x",
    "evil.ie",
    "evil.Money/pay",
    "evil.com./login",
    "x.y/z",
]
DOTS = ".。．｡"
LETTERS = string.ascii_letters + "éßжзрфनभ中国"
label = some.text(LETTERS + string.digits + "-", min_size=1, max_size=12)
ending = some.text(LETTERS, min_size=2, max_size=8) | some.just("xn--p1ai")
word = some.text(string.ascii_letters + "éß’'-,;!", min_size=1, max_size=8)
number = some.from_regex(
    r"£?[0-9]{1,3}\.[0-9]{2}(am|pm)?(/h)?|[0-9]{1,2}\.[0-9]{1,2}\.20[0-9]{2}|e\.g\.|i\.e\.", fullmatch=True
)


@pytest.mark.parametrize("link", LINKS)
def test_net_01_what_a_mail_program_would_make_a_link_of_is_written_out(link: str):
    said = without_links(f"Confirm your details at {link}, today.")
    assert "://" not in said and "@" not in said and "www." not in said
    assert not re.search(rf"\w[{DOTS}]\S", said)
    assert "javascript:" not in said and "tel:" not in said and "mailto:" not in said
    assert said.startswith("Confirm your details at ")


@pytest.mark.parametrize(
    "words",
    [
        "It starts at 2.30pm.",
        "E.g. tea, cake etc.",
        "£12.50 an hour",
        "£12.50/hour",
        "version 2.0",
        "Room B.12",
        "From 10.30am/11am, i.e. before lunch (e.g. soup).",
        "10.30–11.30, at 10 a.m./11 p.m.",
        "On 3.12.2026. Bring a friend.",
        "Well...perhaps. “Yes.” And so on…",
    ],
)
def test_net_01_ordinary_words_stay_as_they_are(words: str):
    assert without_links(words) == words


@given(
    some.lists(label, min_size=1, max_size=3),
    ending,
    some.sampled_from(DOTS),
    some.sampled_from(["", "/", "/x.y", ":80/", "?q=1"]),
)
def test_net_01_whatever_an_address_ends_in_it_is_written_out(labels: list[str], last: str, dot: str, path: str):
    said = without_links(f"Look at {dot.join([*labels, last])}{path} now.")
    assert not re.search(rf"\S[{DOTS}]\S", said), said


@given(some.lists(some.lists(word | number, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4))
def test_net_01_a_full_stop_before_a_space_ends_a_sentence(sentences: list[str]):
    words = ". ".join(sentences)
    assert without_links(words) == words
