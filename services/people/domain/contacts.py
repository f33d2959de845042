"""Names and phone numbers: what can be kept, and when two spellings are one."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Literal

import phonenumbers
from anyascii import anyascii
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from shared.reasons import Reason
from shared.text import has_hidden, plain_address

LONGEST_NAME = 100
HOME = "GB"
"""Where a number is from that does not say so."""


CONTACT_DETAILS = frozenset({"name", "known_as", "email", "phone", "area"})
NEEDS = frozenset({"access_needs"})


def readings_of(asked: Collection[str]) -> list[str]:
    """PRI-03: what has to be written down when somebody else reads the answers to these questions."""
    return [
        what
        for what, questions in (("contact-details-read", CONTACT_DETAILS), ("needs-read", NEEDS))
        if questions & set(asked)
    ]


def reasons_against_name(name: str, field: str = "name") -> list[Reason]:
    """One line of at most 100 letters, of any script."""
    if not name:
        return [Reason("PEO-01", "Write a name", field=field)]
    if len(name) > LONGEST_NAME:
        return [
            Reason("PEO-01", f"This is long for us. Write the name with {LONGEST_NAME} letters at most", field=field)
        ]
    if "\n" in name or "\t" in name:
        return [Reason("PEO-01", "Write the name in one line", field=field)]
    if has_hidden(name):
        return [
            Reason(
                "PEO-01",
                "There is a sign in this that we cannot use. Type the name again, without pasting",
                field=field,
            )
        ]
    return []


_IN_A_WORD = re.compile("['\u2018\u2019\u02bc`\u00b4]")


@lru_cache(maxsize=50_000)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name as anybody would type them: in small Latin letters, without accents or apostrophes; Łukasz is
    lukasz."""
    latin = "".join(anyascii(letter) or letter for letter in unicodedata.normalize("NFC", _IN_A_WORD.sub("", name)))
    words = (
        "".join(letter for letter in word if letter.isalnum())
        for word in re.split(r"[\s,.\-\u2010-\u2015]+", latin.casefold())
    )
    return tuple(word for word in words if word)


def name_key(name: str) -> str:
    """Two spellings of a name that differ only in case, accents, spaces, hyphens, apostrophes or full stops are one."""
    return "".join(name_words(name))


def reasons_against_phone(phone: str) -> list[Reason]:
    """Blank is fine; so is every way to write a number that could be rung."""
    if phone and _parsed(phone) is None:
        return [
            Reason(
                "PEO-01",
                "We cannot ring this number. Write all of its digits, like 07700 900123, or leave it blank",
                field="phone",
            )
        ]
    return []


@lru_cache(maxsize=50_000)
def canonical_phone(phone: str) -> str:
    """As it is written here: "07700 900123", one from abroad with its country's code. What is no number stays as it
    is."""
    number = _parsed(phone)
    if number is None:
        return phone
    ours = number.country_code == phonenumbers.country_code_for_region(HOME)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if ours else PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=50_000)
def phone_key(phone: str) -> str:
    """Two ways to write one number have one key, like "+447700900123"; blank for what is no number."""
    number = _parsed(phone)
    if number is None:
        return ""
    extension = f"x{number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension


@lru_cache(maxsize=50_000)
def _parsed(phone: str) -> PhoneNumber | None:
    """None for what cannot be a number. Ranges that nobody has been given (Ofcom's for films and for our demo) may
    be."""
    typed = plain_address(phone)
    if not any(letter.isdecimal() for letter in typed):
        return None
    try:
        number = phonenumbers.parse(typed, HOME)
    except NumberParseException:
        return None
    if any(letter.isalpha() for letter in typed) and not number.extension:
        return None
    return (
        number
        if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        else None
    )


def changes_to_tell(before: Mapping[str, Any], after: Mapping[str, Any], *, by_another: bool) -> list[str]:
    """What of these changes is told to the address held until now, in words: how somebody is reached, and by another's
    hand what they are called.

    before: what we held. after: the answers that change. What was not held, or is only written in another way, is no
    change.
    """
    told = [
        words
        for field, words in (("email", "email address"), ("phone", "phone number"))
        if field in after and _is_another(field, before[field], after[field])
    ]
    called = by_another and any(
        (before[field] or "") != (after[field] or "") for field in ("name", "known_as") if field in after
    )
    return told + (["name"] if called else [])


def changes_to_say(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Literal["email", "phone"]]:
    """PAY-13, PEO-02: what of these changes by another's hand is said to somebody whom no mail reached until now, by
    the way they had before: a first address, and a number that is another."""
    if before["email"]:
        return []
    entered: list[Literal["email", "phone"]] = ["email"] if after.get("email") else []
    if (
        "phone" in after
        and (before["phone"] or after["phone"])
        and phone_key(before["phone"] or "") != phone_key(after["phone"] or "")
    ):
        entered.append("phone")
    return entered


def _is_another(field: str, before: str | None, after: str | None) -> bool:
    if not before:
        return False
    key = phone_key if field == "phone" else lambda email: email.strip().lower()
    return before != after and not (key(before) and key(before) == key(after or ""))
