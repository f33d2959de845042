"""Names and phone numbers: which we can keep, and when two spellings are the same."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import phonenumbers
from anyascii import anyascii
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from shared.reasons import Reason
from shared.text import has_hidden, plain_address

LONGEST_NAME = 100
HOME = "GB"
"""The country of a number that names none."""


CONTACT_DETAILS = frozenset({"name", "known_as", "email", "phone", "postal_address", "area"})
NEEDS = frozenset({"access_needs"})


def readings_of(asked: Collection[str]) -> list[str]:
    """PRI-03: the steps to write down when somebody else reads the answers to these questions."""
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
    """The words of a name in lower-case Latin letters, without accents or apostrophes: Łukasz becomes lukasz."""
    latin = "".join(anyascii(letter) or letter for letter in unicodedata.normalize("NFC", _IN_A_WORD.sub("", name)))
    words = (
        "".join(letter for letter in word if letter.isalnum())
        for word in re.split(r"[\s,.\-\u2010-\u2015]+", latin.casefold())
    )
    return tuple(word for word in words if word)


def name_key(name: str) -> str:
    """Names that differ only in case, accents, spaces, hyphens, apostrophes or full stops have the same key."""
    return "".join(name_words(name))


def reasons_against_phone(phone: str) -> list[Reason]:
    """Blank is fine, and so is a number written in any way, if it could be rung."""
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
    """How we write a number: "07700 900123", or with the country code if it is foreign. Text that is no number is left
    alone."""
    number = _parsed(phone)
    if number is None:
        return phone
    ours = number.country_code == phonenumbers.country_code_for_region(HOME)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if ours else PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=50_000)
def phone_key(phone: str) -> str:
    """The same key, such as "+447700900123", for every way of writing a number; blank if it is no number."""
    number = _parsed(phone)
    if number is None:
        return ""
    extension = f"x{number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension


@lru_cache(maxsize=50_000)
def _parsed(phone: str) -> PhoneNumber | None:
    """None if it cannot be a number. Ranges not given to anybody (Ofcom's for drama, and our demo) are allowed."""
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


_REACHED_BY = {"email": "email address", "phone": "phone number", "postal_address": "postal address"}


def changes_to_tell(before: Mapping[str, Any], after: Mapping[str, Any], *, by_another: bool) -> list[str]:
    """Which changes to tell the address held until now, in words: to email, phone and postal address, and to names if
    somebody else changed them.

    before: what we held. after: the answers that change. A first one is not a change, nor is the same one written
    differently."""
    told = [
        words
        for field, words in _REACHED_BY.items()
        if field in after and _is_another(field, before[field], after[field])
    ]
    called = by_another and any(
        (before[field] or "") != (after[field] or "") for field in ("name", "known_as") if field in after
    )
    return told + (["name"] if called else [])


@dataclass(frozen=True, slots=True)
class ToSay:
    """What to tell a person by the ways that they had before: which changes, and whether by telephone and by letter."""

    what: tuple[Literal["email", "phone"], ...]
    post_changed: bool
    by_phone: bool
    by_letter: bool


def changes_to_say(before: Mapping[str, Any], after: Mapping[str, Any], *, by_another: bool) -> ToSay | None:
    """PAY-13, PEO-02: what to say by the ways they had before. To a person whom no mail reached until now, of somebody
    else's changes: a first email address, a different number or another postal address. To whoever hears by letter, at
    the address held before, that somebody else changed it; never of their own change: they may have left somebody
    there."""
    post = "postal_address" in after and _is_another(
        "postal_address", before["postal_address"], after["postal_address"]
    )
    if not before["email"] and by_another:
        said = ToSay(tuple(_entered(before, after)), post, by_phone=True, by_letter=bool(before["postal_address"]))
        return said if said.what or post else None
    if post and by_another and "letter" in before["channels"]:
        return ToSay((), post, by_phone=False, by_letter=True)
    return None


def _entered(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Literal["email", "phone"]]:
    entered: list[Literal["email", "phone"]] = ["email"] if after.get("email") else []
    if (
        "phone" in after
        and (before["phone"] or after["phone"])
        and phone_key(before["phone"] or "") != phone_key(after["phone"] or "")
    ):
        entered.append("phone")
    return entered


def ends_because(changed: Collection[str]) -> Literal["email", "phone", "post", "contact"]:
    """What of how they are reached ended their sign-ins, from the words of changes_to_tell; "contact" for several."""
    reached = [each for each in changed if each in _ENDS_AS]
    return _ENDS_AS[reached[0]] if len(reached) == 1 else "contact"


_ENDS_AS: Mapping[str, Literal["email", "phone", "post"]] = {
    "email address": "email",
    "phone number": "phone",
    "postal address": "post",
}


def _is_another(field: str, before: str | None, after: str | None) -> bool:
    if not before:
        return False
    key = phone_key if field == "phone" else lambda email: email.strip().lower()
    return before != after and not (key(before) and key(before) == key(after or ""))
