"""PAY-12: names as the bank writes them."""

import pytest

from services.payments.bank_details.domain.bank_text import LETTERS, fits_bank_text, reasons_not_to_take_name


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("Łukasz Wałęsa", "Lukasz Walesa"),
        ("Søren Ørsted Straße", "Soren Orsted Strasse"),
        ("K. Żółć", "K. Zolc"),
        ("Zoë O\u2019Neil-Žižek", "Zoe O'Neil-Zizek"),
        ("Zoe\u0308 Bell", "Zoe Bell"),
        ("Þór Guðmundsson", "Thor Gudmundsson"),
        ("Đorđe Ćosić", "Dorde Cosic"),
        ("İbrahim Işık", "Ibrahim Isik"),
        ("Nguyễn Thị Hồng", "Nguyen Thi Hong"),
        ("Æthel Œuvre", "Aethel Oeuvre"),
        ("\ufb01ona \ufb02ynn", "fiona flynn"),
        ("\uff21\uff4c\uff45\uff58", "Alex"),
        ("Anna \U0001f600 Bell", "Anna Bell"),
        ("A\u200dn\u200bna", "Anna"),
        ("Smith\u2013Jones", "Smith-Jones"),
        ("Col\u00b7legi", "Collegi"),
        ("  Alex   Example ", "Alex Example"),
        ("A+B=C", "A B C"),
        ("Xenia & Max (1) , . - / '", "Xenia & Max (1) , . - / '"),
        ("", ""),
    ],
)
def test_pay_12_a_name_is_written_in_the_letters_of_the_bank(name: str, fits: str) -> None:
    assert fits_bank_text(name, 70) == fits
    assert set(fits) <= LETTERS


def test_pay_12_a_name_is_shortened_to_what_the_bank_shows() -> None:
    assert fits_bank_text("Alexandra Example", 10) == "Alexandra"
    assert fits_bank_text("\u00df" * 70, 70) == "ss" * 35


@pytest.mark.parametrize(
    "name",
    ["Ольга Петренко", "Γιώργος", "محمد علي", "李小龍", "\U0001f600", "1234", "...", "Ольга Bell", "\u0415va Smith"],
)
def test_pay_12_a_name_in_other_letters_is_asked_for_as_on_the_card(name: str) -> None:
    [reason] = reasons_not_to_take_name(name)
    assert (reason.rule, reason.field) == ("PAY-12", "account_name") and "bank card" in reason.text


def test_pay_12_a_name_that_is_too_long_says_how_long_it_may_be() -> None:
    assert reasons_not_to_take_name("a" * 70) == []
    for name in ("a" * 71, "\u00df" * 40):
        [reason] = reasons_not_to_take_name(name)
        assert "70 characters" in reason.text and reason.field == "account_name"


def test_pay_13_no_name_at_all_is_asked_for() -> None:
    assert [reason.text for reason in reasons_not_to_take_name("  ")] == ["Enter the name on the account."]


@pytest.mark.parametrize("name", ["Łukasz Wałęsa", "Søren Ørsted Straße", "Seán O\u2019Brien", "ʻOkina", "Zoe\u0308"])
def test_pay_12_other_latin_letters_are_taken(name: str) -> None:
    assert reasons_not_to_take_name(name) == []
