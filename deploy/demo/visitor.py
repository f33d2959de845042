"""Somebody who uses the pages as people do, without JavaScript: opens, reads, follows links, fills in forms, presses
buttons."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup, Tag

Files = tuple[str, bytes, str]
"""File name, content, media type."""


class NotAsExpected(Exception):
    """The story went differently: what was looked for, where, and what was there instead."""


@dataclass(frozen=True)
class FilledForm:
    method: str
    address: str
    data: dict[str, Any]
    files: dict[str, Files]


class Page:
    def __init__(self, response: httpx.Response) -> None:
        self.url = str(response.url)
        self.path = urlsplit(self.url).path
        self.status = response.status_code
        self.content = response.content
        self.soup = BeautifulSoup(
            response.text if "html" in response.headers.get("content-type", "") else "", "html.parser"
        )

    @property
    def heading(self) -> str:
        found = self.soup.find("h1")
        return _words(found) if isinstance(found, Tag) else ""

    @property
    def text(self) -> str:
        """What is in the main part, as one line."""
        main = self.soup.find("main") or self.soup
        return _words(main)

    def link(self, words: str) -> str:
        """The address of the first link whose text holds words."""
        for link in self.soup.find_all("a", href=True):
            if words.lower() in _words(link).lower():
                return urljoin(self.url, str(link["href"]))
        raise NotAsExpected(f"no link “{words}” on {self.described()}")

    def path_of(self, words: str) -> str:
        """The path of the first link whose text holds words."""
        return urlsplit(self.link(words)).path

    def fields(self) -> list[str]:
        """The names of all fields of its forms, each once."""
        return list(
            dict.fromkeys(
                str(field["name"]) for field in self.soup.find_all(["input", "textarea", "select"]) if field.get("name")
            )
        )

    def links(self, part: str) -> list[str]:
        """The paths of all links whose address holds part, each once."""
        paths = [urlsplit(urljoin(self.url, str(link["href"]))).path for link in self.soup.find_all("a", href=True)]
        return list(dict.fromkeys(path for path in paths if part in path))

    def described(self) -> str:
        errors = self.soup.find(class_="govuk-error-summary")
        said = f": {_words(errors)}" if isinstance(errors, Tag) else ""
        return f"the page “{self.heading or self.path}” ({self.path}, status {self.status}){said}"


class _LikeABrowser(httpx.HTTPTransport):
    """Browsers trust http://localhost with Secure cookies; httpx's own cookie jar does not."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies: dict[str, str] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.cookies:
            request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = super().handle_request(request)
        for header in response.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(header).items():
                self.cookies.pop(name, None)
                if cookie.value and cookie["max-age"] != "0":
                    self.cookies[name] = cookie.value
        return response


class Visitor:
    def __init__(self, base_url: str, who: str) -> None:
        """who is how the story speaks of them."""
        self.who = who
        self.base_url = base_url
        self.client = httpx.Client(
            base_url=base_url,
            transport=_LikeABrowser(),
            follow_redirects=True,
            timeout=30,
            headers={"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "accept": "text/html"},
        )
        self.page: Page = None  # pyrefly: ignore - there is one after the first open()
        self.confirm: Callable[[Visitor], None] | None = None
        """How they give their second step, when they are asked for it."""
        self._filled: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.client.close()

    def open(self, path: str, *, status: int = 200) -> Page:
        return self._arrive(self.client.get(path), status)

    def follow(self, words: str) -> Page:
        return self.open(self.page.link(words))

    def fill(self, **fields: Any) -> Self:
        """Fill in fields by their names, for the next press. A list ticks several; (name, content, media type) is a
        file."""
        self._filled |= fields
        return self

    def press(self, words: str, *, status: int = 200) -> Page:
        """Press the button that says words: its form is sent with what was filled in and what the page had put
        there."""
        form = self.form(words)
        if form.method == "get":
            return self._arrive(self.client.get(form.address, params=form.data), status)
        return self._arrive(self.client.post(form.address, data=form.data, files=form.files or None), status)

    def form(self, words: str) -> "FilledForm":
        """What pressing the button that says words would send."""
        button = self._button(words)
        form = button.find_parent("form")
        if not isinstance(form, Tag):
            raise NotAsExpected(f"the button “{words}” stands in no form on {self.page.described()}")
        data = _defaults(form)
        names = {str(field["name"]) for field in form.find_all(["input", "textarea", "select"]) if field.get("name")}
        unknown = set(self._filled) - names
        if unknown:
            raise NotAsExpected(
                f"no field {', '.join(sorted(unknown))} (but {', '.join(sorted(names))}) on {self.page.described()}"
            )
        files = {name: value for name, value in self._filled.items() if isinstance(value, tuple)}
        data |= {name: value for name, value in self._filled.items() if name not in files}
        if button.get("name"):
            data[str(button["name"])] = str(button.get("value", ""))
        self._filled = {}
        address = urljoin(self.page.url, str(form.get("action") or self.page.url))
        return FilledForm(str(form.get("method", "get")).lower(), address, data, files)

    def expect(self, *words: str) -> Self:
        """The page says all of these."""
        for expected in words:
            if expected.lower() not in self.page.text.lower():
                raise NotAsExpected(
                    f"“{expected}” is not said on {self.page.described()}. It says: {self.page.text[:600]}"
                )
        return self

    def expect_not(self, *words: str) -> Self:
        for unexpected in words:
            if unexpected.lower() in self.page.text.lower():
                raise NotAsExpected(f"“{unexpected}” is said on {self.page.described()}")
        return self

    def _button(self, words: str) -> Tag:
        for button in self.page.soup.find_all(["button", "input"]):
            says = (
                _words(button)
                if button.name == "button"
                else str(button.get("value", "")) * (button.get("type") == "submit")
            )
            if words.lower() in says.lower() and says:
                return button
        raise NotAsExpected(f"no button “{words}” on {self.page.described()}")

    def _arrive(self, response: httpx.Response, status: int) -> Page:
        self.page = Page(response)
        self._filled = {}
        if self.confirm is not None and self.page.path in ("/people/confirm", "/people/second-step"):
            self.confirm(self)
            if self.page.path == "/people/session/kept":
                self.press("Carry on with it")
            return self.page
        if response.status_code != status:
            raise NotAsExpected(
                f"{self.who} expected status {status} of {self.page.described()}. It says: {self.page.text[:600]}"
            )
        return self.page


def _words(element: Tag) -> str:
    """As it reads: a comma after a link stays beside it."""
    return re.sub(r" (?=[,.;:!?])", "", " ".join(element.get_text(" ").split()))


def _defaults(form: Tag) -> dict[str, Any]:
    """The fields as the page has them: hidden ones, typed values, what is ticked and chosen."""
    data: dict[str, Any] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        name = str(field.get("name") or "")
        kind = str(field.get("type", "text"))
        if not name or kind in ("submit", "button", "file"):
            continue
        if kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                data[name] = [*data.get(name, []), str(field.get("value", "on"))]
        elif field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            data[name] = str(chosen.get("value", "")) if isinstance(chosen, Tag) else ""
        else:
            data[name] = str(field.get("value", ""))
    return data


def photo(path: Path) -> Files:
    return path.name, path.read_bytes(), "image/jpeg"
