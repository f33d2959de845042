"""Names and phone numbers: what can be kept, and when two spellings are one."""

import unicodedata
from collections.abc import Collection

import phonenumbers
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
    return [what for what, questions in (("contact-details-read", CONTACT_DETAILS), ("needs-read", NEEDS)) if questions & set(asked)]


def reasons_against_name(name: str, field: str = "name") -> list[Reason]:
    """One line of at most 100 letters, of any script."""
    if not name:
        return [Reason("PEO-01", "Write a name", field=field)]
    if len(name) > LONGEST_NAME:
        return [Reason("PEO-01", f"This is long for us. Write the name with {LONGEST_NAME} letters at most", field=field)]
    if "\n" in name or "\t" in name:
        return [Reason("PEO-01", "Write the name in one line", field=field)]
    if has_hidden(name):
        return [Reason("PEO-01", "There is a sign in this that we cannot use. Type the name again, without pasting", field=field)]
    return []


def name_key(name: str) -> str:
    """Two spellings of a name that differ only in case, accents, spaces, hyphens, apostrophes or full stops are one."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def reasons_against_phone(phone: str) -> list[Reason]:
    """Blank is fine; so is every way to write a number that could be rung."""
    if phone and _parsed(phone) is None:
        return [Reason("PEO-01", "We cannot ring this number. Write all of its digits, like 07700 900123, or leave it blank", field="phone")]
    return []


def canonical_phone(phone: str) -> str:
    """As it is written here: "07700 900123", one from abroad with its country's code. What is no number stays as it is."""
    number = _parsed(phone)
    if number is None:
        return phone
    ours = number.country_code == phonenumbers.country_code_for_region(HOME)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if ours else PhoneNumberFormat.INTERNATIONAL)


def phone_key(phone: str) -> str:
    """Two ways to write one number have one key, like "+447700900123"; blank for what is no number."""
    number = _parsed(phone)
    if number is None:
        return ""
    extension = f"x{number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension


def _parsed(phone: str) -> PhoneNumber | None:
    """None for what cannot be a number. Ranges that nobody has been given (Ofcom's for films and for our demo) may be."""
    typed = plain_address(phone)
    if not any(letter.isdecimal() for letter in typed):
        return None
    try:
        number = phonenumbers.parse(typed, HOME)
    except NumberParseException:
        return None
    if any(letter.isalpha() for letter in typed) and not number.extension:
        return None
    return number if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE else None
