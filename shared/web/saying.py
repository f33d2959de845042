"""What a form calls itself: a press sends it along, so that what is kept while somebody signs in again is shown in the
form's own words."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

from shared.foreign import Unreadable, json_in

SAID_FIELD = "_said"
"""The name of each button that has none of its own. Whoever reads a form ignores it."""
LONGEST = 4_000
"""Characters; a form that says more sends its button and its page alone."""
_PARTS = re.compile(
    r"<legend[^>]*>(?P<legend>.*?)</legend>|(?P<end></fieldset>)|<label[^>]*\bfor=\"(?P<of>[^\"]*)\"[^>]*>(?P<label>.*?)</label>"
    r"|<h[23][^>]*>(?P<heading>.*?)</h[23]>|<(?:input|textarea|select)\b[^>]*>",
    re.S,
)
_ATTRIBUTE = re.compile(r"""\b(id|name|type)="([^"]*)\"""")
_PLACE = re.compile(r"[a-z][a-z0-9-]{0,80}")
_TICKED = ("radio", "checkbox")
_DATE = re.compile(r"-(?:day|month|year)$")


@dataclass(frozen=True, slots=True)
class Said:
    """button: its words. page: the page's title. labels: by the name of each field, or of a date as a whole. about: of
    a page that has the same button for many, which of them; at: the id of its place on the page."""

    button: str = ""
    page: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    about: str = ""
    at: str = ""

    @property
    def pressed(self) -> str:
        """ "" if it did not say."""
        of_it = f", of “{self.about}”" if self.about else ""
        return f"You pressed “{self.button}”{of_it}" if self.button else ""

    @property
    def anchor(self) -> str:
        return f"#{self.at}" if self.at else ""


def said_by(fields: str, button: str, page: str = "", about: str = "", at: str = "") -> str:
    """The value of a form's button. fields: the form's HTML."""
    said = {"button": button, "page": page, "labels": _labels(fields)}
    said |= {name: value for name, value in (("about", about), ("at", at)) if value}
    sent = json.dumps(said, ensure_ascii=False)
    return sent if len(sent) <= LONGEST else json.dumps({**said, "labels": {}}, ensure_ascii=False)


def read_said(value: str) -> Said:
    """Whatever a browser sent."""
    try:
        said = json_in(value[:LONGEST])
        labels = {str(name): str(label) for name, label in dict(said["labels"]).items()}
        about, at = str(said.get("about", "")), str(said.get("at", ""))
        return Said(str(said["button"]), str(said["page"]), labels, about, at if _PLACE.fullmatch(at) else "")
    except (Unreadable, TypeError, KeyError):
        return Said()


def name_of_date(name: str) -> str:
    """Of one of its three boxes; "" for any other field."""
    return _DATE.sub("", name) if _DATE.search(name) else ""


def _labels(html: str) -> dict[str, str]:
    """A form may ask the same of several people: then each label says of whom, by the heading above."""
    of_id: dict[str, str] = {}
    found: dict[str, tuple[str, str]] = {}
    legend = heading = ""
    for part in _PARTS.finditer(html):
        if part["legend"] is not None:
            legend = _text(part["legend"])
        elif part["heading"] is not None:
            heading = _text(part["heading"])
        elif part["end"]:
            legend = ""
        elif part["label"] is not None:
            of_id[part["of"]] = _text(part["label"])
        else:
            named = dict(_ATTRIBUTE.findall(part[0]))
            name, own = named.get("name", ""), of_id.get(named.get("id", ""), "")
            if date := legend and name_of_date(name):
                found.setdefault(date, (legend, heading))
            elif label := legend if named.get("type") in _TICKED else ": ".join(filter(None, (legend, own))):
                found.setdefault(name, (label, heading))
    times = Counter(label for label, _ in found.values())
    return {
        name: f"{above}: {label}" if above and times[label] > 1 else label for name, (label, above) in found.items()
    }


def _text(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", html).split()))
