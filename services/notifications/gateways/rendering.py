"""From facts to words: a message's Jinja file becomes lines, and the lines become text and simple HTML.

A message's file has a block for each version (NOT-04, NOT-05). Each line of a block is one thing: "# " a heading, "- "
an item of a list, "=> /path words" a link, anything else a paragraph. So text and HTML always say the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifications.domain.links import without_links
from shared.web.filters import FILTERS

TEMPLATES = Path(__file__).parent.parent / "templates"
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_MARK = re.compile(r"^(?:=>|#|-)\s+")

Shape = Literal["heading", "item", "link", "paragraph"]


@dataclass(frozen=True, slots=True)
class Line:
    shape: Shape
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a person reads. foot: why they got it and how to change that."""

    subject: str
    body: Sequence[Line]
    foot: Sequence[Line]


def sentences(text: str) -> list[str]:
    """One idea a line, for easy read."""
    return [sentence for line in str(text).splitlines() for sentence in _SENTENCE_END.split(line.strip()) if sentence]


def _one_line(value: Any) -> Any:
    """Keeps a fact on one line, so that it cannot pass for one of our headings, items or links.

    Spaces at its ends are kept, because our own words next to it may rely on them."""
    if not isinstance(value, str) or not value:
        return value
    before, after = (" " if edge.isspace() else "" for edge in (value[0], value[-1]))
    return before + _MARK.sub("", " ".join(value.split())) + after


_ON_PAPER = (
    ("I send it for you", "we send it for you"),
    ("I read them to you now", "Please read them"),
    ("together now", "together"),
    ("Tell me now", "Tell us"),
    ("tell me now", "tell us"),
    ("Tell me,", "Tell us,"),
    ("only tell me", "only tell us"),
    ("me so now", "us so"),
    ("your place back there", "your place back"),
    ("You can read w", "You can ring us to hear w"),
    ("Please read it soon", "Please ring us soon"),
    ("Please read something before we send it on", "Please ring us before we send something on"),
    ("Please read something.", "Please ring us."),
)
"""NOT-01: what one of us says on the telephone, or a page would show, as a letter says it."""


class _Posted(FileSystemLoader):
    """The words that are read out, written down. Only our own words are changed, never what people wrote."""

    def get_source(self, environment: Environment, template: str) -> Any:
        source, *more = super().get_source(environment, template)
        for spoken, written in _ON_PAPER:
            source = source.replace(spoken, written)
        return source, *more


def _environment(loader: type[FileSystemLoader] = FileSystemLoader) -> Environment:
    environment = Environment(
        loader=loader(TEMPLATES / "messages"),
        undefined=StrictUndefined,
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # lines of text; mail.html escapes them
    )
    environment.filters.update(FILTERS, sentences=sentences)
    return environment


_words, _posted_words = _environment(), _environment(_Posted)
_html = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
)


def write(
    template: str,
    version: str,
    facts: Mapping[str, Any],
    *,
    public_url: str,
    foot: str = "foot.j2",
    on_paper: bool = False,
) -> Letter:
    """version: "plain", "easy-read", "discreet-plain" or "discreet-easy-read". Raises jinja2's UndefinedError if a fact
    is missing."""
    words = (_posted_words if on_paper else _words).get_template(f"{template}.j2")
    block = version.replace("-", "_")
    subject = "discreet_subject" if version.startswith("discreet") else "subject"
    context = words.new_context(dict(facts))
    of_foot = dict(facts) | {"host": without_links(facts.get("host") or ""), "version": version}
    ending = _words.get_template(foot).render(of_foot)
    ours = str if not facts.get("host") else without_links  # any of its lines may hold another organisation's words
    return Letter(
        subject=ours(" ".join("".join(words.blocks[subject](context)).split())),
        body=tuple(
            replace(line, text=ours(line.text)) for line in _lines("".join(words.blocks[block](context)), public_url)
        ),
        foot=tuple(_lines(ending, public_url)),
    )


def _lines(text: str, public_url: str) -> Iterator[Line]:
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("=> "):
            path, _, words = line.removeprefix("=> ").partition(" ")
            yield Line("link", words, public_url + path)
        elif line.startswith("# "):
            yield Line("heading", line.removeprefix("# "))
        elif line.startswith("- "):
            yield Line("item", line.removeprefix("- "))
        else:
            yield Line("paragraph", line)


def as_text(letter: Letter) -> str:
    """The text part of a mail."""
    return f"{_paragraphs(letter.body)}\n\n--\n{_paragraphs(letter.foot)}\n"


def _paragraphs(lines: Sequence[Line]) -> str:
    return "\n\n".join("\n".join(_as_text(line) for line in group) for group in grouped(lines))


def _as_text(line: Line) -> str:
    if line.shape == "link":
        return f"{line.text}:\n{line.url}"
    return f"- {line.text}" if line.shape == "item" else line.text


def grouped(lines: Sequence[Line]) -> list[list[Line]]:
    """Consecutive items form one list; everything else stands alone."""
    groups: list[list[Line]] = []
    for line in lines:
        if line.shape == "item" and groups and groups[-1][0].shape == "item":
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def as_html(letter: Letter, *, large: bool) -> str:
    """The HTML part of a mail: no pictures, no tracking, nothing to download. large: for easy read."""
    return _html.get_template("mail.html").render(
        subject=letter.subject, body=grouped(letter.body), foot=grouped(letter.foot), large=large
    )
