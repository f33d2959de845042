"""Names in the letters that UK payment files may hold (PAY-12): the bank and its screens show "Łukasz Wałęsa" as
"Lukasz Walesa"."""

import unicodedata

from anyascii import anyascii

from shared.reasons import Reason

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,-/&'()")
LONGEST_NAME = 70
"""Characters of a name in ISO 20022; the bank's own columns and screens show the first 18."""
SHOWN = 18
_LATIN = "LATIN"


def fits_bank_text(text: str, most: int) -> str:
    """PAY-12: text in the bank's letters, cut to most characters. Letters that the bank lacks are written with
    others ("ß" is "ss", "ł" is "l"); anything that is neither a letter nor a sign of the bank's becomes a space."""
    kept = "".join(_in_bank_letters(letter) for letter in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:most].strip()


def _in_bank_letters(letter: str) -> str:
    if letter in LETTERS:
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    if unicodedata.category(letter)[0] not in ("L", "N"):
        return "" if unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf") or letter in _QUIET else " "
    written = _LETTERS.get(letter) or anyascii(letter)
    return "".join(each if each in LETTERS else "" for each in written)


_SIGNS = {
    "\u2018": "'",
    "\u2019": "'",
    "\u02bc": "'",
    "\u02bb": "'",
    "\u00b4": "'",
    "`": "'",
    "\u2032": "'",
    "\uff07": "'",
}
_SIGNS |= dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-")
_QUIET = frozenset("\u00b7\u2027")
"""Points inside a word, as in the Catalan "l·l"."""
_LETTERS = {
    "ə": "e",
    "Ə": "E",
    "ı": "i",
    "İ": "I",
    "ŋ": "ng",
    "Ŋ": "Ng",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
}
"""Letters for which the library's table differs from what banks print."""


def asks_for_latin_name(name: str) -> bool:
    """PAY-12: whether a name is in another alphabet than a British bank card's. We cannot know how it is spelled in
    Latin letters, so its owner tells us."""
    letters = [letter for letter in unicodedata.normalize("NFC", name) if unicodedata.category(letter).startswith("L")]
    if not letters:
        return True
    return any(
        not unicodedata.name(letter, "").startswith((_LATIN, "FULLWIDTH LATIN", "MODIFIER LETTER"))
        and letter not in "ªº"
        for letter in letters
    )


def reasons_not_to_take_name(name: str) -> list[Reason]:
    """PAY-12, PAY-13: accepts a name that the bank can write and that we know how to write."""
    if not name.strip():
        return [Reason("PAY-13", "Enter the name on the account.", "account_name")]
    if asks_for_latin_name(name) or not fits_bank_text(name, LONGEST_NAME).strip(" .,-/&'()0123456789"):
        return [
            Reason(
                "PAY-12",
                "Enter the name in English letters, as it is on your bank card. Our bank cannot write other letters.",
                "account_name",
            )
        ]
    if len(name) > LONGEST_NAME or len(fits_bank_text(name, LONGEST_NAME + 1)) > LONGEST_NAME:
        text = f"This name is too long. Use {LONGEST_NAME} characters or fewer, as on your bank card."
        return [Reason("PAY-12", text, "account_name")]
    return []
