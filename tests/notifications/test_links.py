"""No link in another organisation's words can be pressed in a mail of ours (NET-01)."""

import pytest

from services.notifications.domain.links import without_links
from services.notifications.gateways import rendering

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
]


@pytest.mark.parametrize("link", LINKS)
def test_net_01_what_a_mail_program_would_make_a_link_of_is_written_out(link: str):
    said = without_links(f"Confirm your details at {link}, today.")
    assert "://" not in said and "@" not in said and "www." not in said
    assert not rendering.re.search(r"\w\.\w", said.removesuffix("."))
    assert "javascript:" not in said and "tel:" not in said and "mailto:" not in said
    assert said.startswith("Confirm your details at ")


@pytest.mark.parametrize(
    "words",
    ["It starts at 2.30pm.", "E.g. tea, cake etc.", "£12.50 an hour", "Tea at 5.And cake", "version 2.0", "Room B.12"],
)
def test_net_01_ordinary_words_stay_as_they_are(words: str):
    assert without_links(words) == words
