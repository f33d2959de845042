"""Another organisation's words in a mail: no mail program may turn them into links, because we cannot know where those
lead (NET-01).

Mail programs know every ending that can be bought, and new ones each month. So no list: whatever could be an address is
spelt out. What sets "evil.zip" apart from a sentence's end is that no space follows the full stop.
"""

import re

_DOTS = ".。．｡․﹒"
"""The full stop, and the characters that browsers read as one."""
_PUNCTUATION = re.escape("!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~–—“”‘’«»…")
_IN_NAME = rf"[^\s{_DOTS}{_PUNCTUATION}]"
_LETTER = r"(?![\d_])\w"
_LABELS = rf"(?<!{_IN_NAME})(?:{_IN_NAME}+[{_DOTS}])+"
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//\S+"  # https://..., //...
    r"|\b(?:mailto|tel|sms|javascript|data|file|callto|facetime|webcal):\S+"
    rf"|\bwww[{_DOTS}]\S+"
    rf"|(?<!\S)\S+[@＠]\S+[{_DOTS}]\S+"
    rf"|{_LABELS}{_LETTER}{_IN_NAME}+(?:[{_DOTS}]?[:/?#]\S*)?"  # evil.zip, evil.рф:80, evil.com./login
    rf"|{_LABELS}{_LETTER}/\S*"  # a.b/c
    rf"|(?<!\d)\d{{1,3}}(?:[{_DOTS}]\d{{1,3}}){{3}}(?!\d)(?:[:/?#]\S*)?",  # 192.0.2.7/login, but not 3.12.2026
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/*", re.IGNORECASE)
_SPELT_OUT = str.maketrans({**dict.fromkeys(map(str, _DOTS), " (dot) "), **dict.fromkeys(("@", "＠"), " (at) ")})


def without_links(text: str) -> str:
    """The same words, with web and mail addresses spelt out: "sun.example/form" becomes "sun (dot) example/form"."""
    return _LINK.sub(lambda found: _SCHEME.sub("", found[0]).translate(_SPELT_OUT), text)
