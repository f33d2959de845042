"""Another organisation's words in a mail: no mail program may turn them into links, because we cannot know where those
lead (NET-01)."""

import re

_ENDINGS = (
    "academy|app|art|biz|blog|care|charity|click|cloud|club|co|com|community|de|dev|digital|edu|email|eu|example|fr|gl|gov|health|help|info|int|io|life|link|live"
    "|london|ly|me|mobi|name|net|network|news|nhs|nl|one|online|org|page|pro|ru|scot|shop|site|social|store|support|team|tech|to|top|tv|uk|us|wales|website|work"
    "|world|xyz"
)
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//\S+"  # https://..., //...
    r"|\b(?:mailto|tel|sms|javascript|data|file|callto|facetime|webcal):\S+"
    r"|\bwww\.\S+"
    r"|\S+@\S+\.\S+"
    rf"|\b(?:[\w-]+\.)+(?:{_ENDINGS})\b(?:[:/?#]\S*)?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/*", re.IGNORECASE)


def without_links(text: str) -> str:
    """The same words, with web and mail addresses spelt out: "sun.example/form" becomes "sun (dot) example/form"."""
    return _LINK.sub(lambda found: _SCHEME.sub("", found[0]).replace("@", " (at) ").replace(".", " (dot) "), text)
