"""What people type and paste: nobody is refused for what nobody can see."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.text import digits, has_hidden, is_email, one_line, plain_address, tidy

INVISIBLE = "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\u2064\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffb\U000e0041"  # noqa: E501
SPACES = "\u00a0\u1680\u2000\u2007\u2009\u200a\u202f\u205f\u3000"
SEEN = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="\u200c\u200d"), max_size=30)
ANYTHING = st.text(st.one_of(st.characters(), st.sampled_from(INVISIBLE + SPACES + "\u200c\u200d\ufe0f\r\n\t ")))


@given(ANYTHING)
@example("\u0339\u200d\u0334")
@example("\u0339 \u0334")
def test_tidying_twice_changes_nothing(text: str) -> None:
    for tidied in (tidy, one_line, plain_address):
        assert tidied(tidied(text)) == tidied(text)
    assert digits(digits(text)) == digits(text)


@given(ANYTHING)
def test_nothing_invisible_is_left_and_every_space_is_one(text: str) -> None:
    for left in (tidy(text), one_line(text)):
        assert not set(left) & set(INVISIBLE.replace("\U000e0041", "") + SPACES)
        assert left == left.strip() == unicodedata.normalize("NFC", left)
    assert "\n" not in one_line(text) and "  " not in one_line(text)


@given(SEEN, st.sampled_from(INVISIBLE), st.integers(0, 30))
def test_a_mark_that_nobody_sees_changes_no_word(text: str, mark: str, place: int) -> None:
    if mark == "\U000e0041" and "\U0001f3f4" in text:
        return
    assert tidy(text[:place] + mark + text[place:]) == tidy(text)


@given(SEEN)
def test_what_can_be_seen_stays(text: str) -> None:
    fillers = str.maketrans("", "", "\u3164\uffa0\u115f\u1160\u2800")
    assert unicodedata.normalize("NFC", text.translate(fillers)).strip() == tidy(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627 Karimi"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("Kim \U0001f469\u200d\U0001f4bb", "Kim \U0001f469\u200d\U0001f4bb"),
        ("Flo \u2764\ufe0f\u200d\U0001f525", "Flo \u2764\ufe0f\u200d\U0001f525"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e007f"),
        ("Ada\u200d Byron\u200c", "Ada Byron"),
        ("A\u200dda", "Ada"),
        ("Ada\ufe0f", "Ada"),
        ("Aoife\u00a0Bell", "Aoife Bell"),
        ("Lena  Moss", "Lena Moss"),
        ("\ufeff\ufeffName", "Name"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("Ada\r\nByron\u2028C\u0085D\tE", "Ada Byron C D E"),
    ],
)
def test_a_line_as_people_read_it(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202d07700 900206\u202c", "07700900206"),
        ("07700\u2011900\u2013206", "07700900206"),
        ("\u200f123\u00a0456\u200e", "123456"),
        ("12\u201034\u201256", "123456"),
        ("12\u00ad34\u206056\ufe0f", "123456"),
        ("\u0661\u0662\uff13", "123"),
        ("12a4", "12a4"),
    ],
)
def test_digits_as_people_read_them(typed: str, kept: str) -> None:
    assert digits(typed) == kept


def test_an_address_loses_every_mark() -> None:
    assert plain_address("\u200faoife.bell@example.org\u200b\u200d ") == "aoife.bell@example.org"


def test_breaks_stay_where_paragraphs_are_wanted() -> None:
    assert tidy(" one\r\ntwo\u2028three\tfour ") == "one\ntwo\nthree\tfour"


def test_what_is_no_text_is_still_seen() -> None:
    assert (
        has_hidden("a\x00b") and has_hidden("\x1b[0m") and not has_hidden("a\nb\tc \u00e9 \U0001f469\u200d\U0001f4bb")
    )


@pytest.mark.parametrize(
    "typed",
    ["\u200fada@example.org\u200b", "\u00a0ada@example.org ", "\ufeffada@example\u2060.org", "ada@exam\u00adple.org"],
)
def test_an_address_is_one_without_what_nobody_can_see(typed: str) -> None:
    assert is_email(one_line(typed))
    assert not is_email(typed)


def test_nobody_is_asked_whether_the_domain_of_an_address_exists() -> None:
    assert is_email("ada@no-such-place.example")
    assert "email_validator.deliverability" not in sys.modules, "what would ask; it is imported only to do so"
