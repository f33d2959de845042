"""Every form that somebody can reach by following links, and ways to send it wrongly."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

from shared.web.saying import SAID_FIELD
from tests.hostile.values import A_FILE, BARE, MISSING, REPEATED, RESULT

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SAME_KIND = 2
"""How many pages of one kind are read."""
LONGEST_ADDRESS = 20_000
PARTS = ("day", "month", "year")
Pairs = list[tuple[str, Any]]
Days = tuple[str, str, str]


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    """text, choice (also what the page puts there itself), day (three fields) or file."""
    good: tuple[str, ...] = ()
    """What is sent when another field is under attack."""


@dataclass(frozen=True)
class Form:
    who: str | None
    page: str
    method: str
    action: str
    fields: tuple[Field, ...]
    words: str
    """What its button says."""

    @property
    def name(self) -> str:
        return f"{self.who or 'a visitor'}: {self.method} {ID.sub('{id}', self.action)} “{self.words}”"

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...]]:
        """Two forms of one kind lead to the same code."""
        return (
            self.method,
            ID.sub("{id}", urlsplit(self.action).path),
            tuple(sorted({ID.sub("{id}", each.name) for each in self.fields})),
        )

    @property
    def service(self) -> str:
        return self.action.split("/")[1]

    def pairs(self, attacked: str = "", value: Any = None) -> Pairs:
        """What is sent when one field holds value and the others are well filled in."""
        pairs: Pairs = []
        parts = {
            f"{each.name}-{part}"
            for each in self.fields
            if each.kind == "day"
            for part in PARTS
            if each.name == attacked
        }
        for each in self.fields:
            if each.name != attacked:
                pairs += [(each.name, good) for good in each.good if each.name not in parts]
            elif each.kind == "day":
                pairs += [(f"{each.name}-{part}", typed) for part, typed in zip(PARTS, value, strict=True)]
            elif value is REPEATED:
                pairs += [(each.name, good) for good in (*each.good, "something else")]
            elif value is not MISSING:
                pairs.append((each.name, value))
        return pairs


def sent(client: httpx.Client, form: Form, pairs: Pairs, **headers: str) -> httpx.Response:
    """As a browser would send it, whatever it is that is sent."""
    headers = {"referer": urljoin(str(client.base_url), form.page), **headers}
    if any(value is A_FILE for _, value in pairs):
        files = [
            (name, ("a.txt", b"words", "text/plain") if value is A_FILE else (None, value)) for name, value in pairs
        ]
        return client.request(form.method, form.action, files=files, headers=headers)
    body = urlencode([(name, value) for name, value in pairs], errors="surrogatepass")
    if form.method == "GET":
        return client.get(f"{form.action.partition('?')[0]}?{body[:LONGEST_ADDRESS]}", headers=headers)
    return client.post(
        form.action, content=body, headers=headers | {"content-type": "application/x-www-form-urlencoded"}
    )


# Reading pages


@dataclass
class Walk:
    """What one person finds by following links."""

    client: httpx.Client
    who: str | None
    kinds: dict[str, int] = field(default_factory=dict)
    """How many pages of each kind were read: share it, and nobody reads the same kinds again."""
    pages: dict[str, httpx.Response] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)

    def through(self, starts: Sequence[str]) -> "Walk":
        waiting = list(starts)
        while waiting:
            address = waiting.pop(0)
            kind = _kind_of(address)
            if address in self.pages or (address not in starts and self.kinds.get(kind, 0) >= SAME_KIND):
                continue
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            response = self.client.get(address)
            self.pages[address] = response
            if "location" in response.headers:
                waiting.insert(0, _here(response, response.headers["location"]))
            waiting += links_of(response)
            self.forms += forms_of(response, self.who)
        return self


def _kind_of(address: str) -> str:
    parts = urlsplit(address)
    return ID.sub("{id}", parts.path) + "?".join(sorted(parse_qs(parts.query)))


def _here(response: httpx.Response, address: str) -> str:
    parts = urlsplit(urljoin(str(response.url), address))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def soup_of(response: httpx.Response) -> BeautifulSoup:
    return BeautifulSoup(response.text if is_page(response) else "", "html.parser")


def is_page(response: httpx.Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/html")


def links_of(response: httpx.Response) -> list[str]:
    base = urlsplit(str(response.url)).netloc
    found = [str(link["href"]) for link in soup_of(response).find_all("a", href=True)]
    here = [
        address
        for address in found
        if urlsplit(urljoin(str(response.url), address)).netloc == base and not address.startswith("mailto:")
    ]
    return [address for address in dict.fromkeys(_here(response, each) for each in here) if "/sign-out" not in address]


def forms_of(response: httpx.Response, who: str | None) -> list[Form]:
    page = _here(response, str(response.url))
    return [made for form in soup_of(response).find_all("form") for made in _forms(response, page, form, who)]


def _forms(response: httpx.Response, page: str, form: Tag, who: str | None) -> Iterator[Form]:
    """One for each button: what it says and sends differs."""
    action = _here(response, str(form.get("action") or page))
    method = str(form.get("method", "get")).upper()
    fields = tuple(_fields(form))
    for button in form.find_all(["button", "input"]):
        if button.name == "input" and button.get("type") != "submit":
            continue
        named = button.get("name") not in (None, SAID_FIELD)  # which nobody reads, except to show it again
        of_button = (Field(str(button["name"]), "choice", (str(button.get("value", "")),)),) if named else ()
        yield Form(
            who,
            page,
            method,
            action,
            fields + of_button,
            " ".join(button.get_text(" ").split()) or str(button.get("value", "")),
        )


def _fields(form: Tag) -> Iterator[Field]:
    controls: dict[str, list[Tag]] = {}
    for control in form.find_all(["input", "textarea", "select"]):
        if control.get("name") and control.get("type") not in ("submit", "button"):
            controls.setdefault(str(control["name"]), []).append(control)
    days = {
        name.removesuffix("-day")
        for name in controls
        if name.endswith("-day") and name.removesuffix("-day") + "-year" in controls
    }
    for name, group in controls.items():
        stem, _, part = name.rpartition("-")
        if stem in days and part in PARTS:
            yield Field(name, "part", (_good_part(part, group[0]),))
            if part == "day":
                yield Field(stem, "day")
        else:
            yield _field(name, group)


def _field(name: str, group: list[Tag]) -> Field:
    first = group[0]
    kind = str(first.get("type", first.name))
    if kind == "file":
        return Field(name, "file")
    if kind in ("radio", "checkbox"):
        ticked = [str(each.get("value", "on")) for each in group if each.has_attr("checked")]
        return Field(name, "choice", tuple(ticked) or (str(first.get("value", "on")),))
    if kind == "select":
        chosen = [str(option.get("value", "")) for option in first.find_all("option") if option.get("value")]
        return Field(name, "choice", tuple(chosen[:1]))
    typed = first.get_text() if first.name == "textarea" else str(first.get("value", ""))
    if kind == "hidden":
        return Field(name, "choice", (typed,))
    return Field(name, "text", (typed or good_answer(name),))


GOOD: Mapping[str, str] = {
    "email": "somebody@example.org",
    "phone": "07700 900999",
    "postcode": "PE13 1AB",
    "code": "123456",
    "miles": "12",
    "minutes": "60",
    "amount": "3.20",
    "budget": "20.00",
    "limit": "20.00",
    "sort_code": "08-99-99",
    "account_number": "66374958",
    "starts": "10:30",
    "ends": "12:00",
    "places": "12",
}


def good_answer(name: str) -> str:
    """Something that a person might write there."""
    return next((answer for part, answer in GOOD.items() if name.startswith(part)), "Some friendly words about it.")


def _good_part(part: str, control: Tag) -> str:
    return str(control.get("value") or {"day": "3", "month": "3", "year": "2027"}[part])


# What an answer must be


def faults_of(response: httpx.Response) -> list[str]:
    """What is wrong with an answer to something wrong, a line each."""
    found = []
    if response.status_code not in (200, 303, 400, 401, 403, 404, 405, 413, 415, 422, 429):
        found.append(f"answers {response.status_code}")
    if is_page(response):
        if response.status_code >= 400 and len(" ".join(_main(response).split())) < 40:
            found.append(f"answers {response.status_code} without words")
        found += reflected(response.text) + [
            f"leads to #{name}, which is not on the page" for name in dead_ends(response.text)
        ]
    elif response.status_code >= 400 and response.headers.get("content-type") != "application/problem+json":
        found.append(f"answers {response.status_code} as {response.headers.get('content-type')}")
    return found


def dead_ends(text: str) -> list[str]:
    """What links lead to on the page itself, and is not there."""
    return [name for name in re.findall(r'href="#([^"]+)"', text) if f'id="{name}"' not in text]


def reflected(text: str) -> list[str]:
    found = [f"shows {bare} unescaped" for bare in BARE if bare in text]
    return [*found, "works out a template that was typed"] if RESULT in text else found


def _main(response: httpx.Response) -> str:
    """The words in the main part; parsing each of two thousand pages would take longer than making them."""
    return re.sub(r"<[^>]*>", " ", response.text.partition("<main")[2] or response.text)
