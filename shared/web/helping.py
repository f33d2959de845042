"""PEO-02: what a page says to a participant as "you" it says of them as "they" to whoever helps them.

The tag knows few words: a template whose "you" it cannot tell apart does not load. Then add a word below, if the tag
says it rightly with it, or write the sentence for the helper too, under `helping`.

`{{ "Your claim" | theirs(who) }}` says one text. `{% theirs %} ... {% endtheirs %}` does so with every word of ours
between; what stands under `helping` was written for the helper, and what comes from a variable was not written by us.
"""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from shared.identity import SignIn

_BEFORE_OBJECT = (
    "about|added|answers?|call|email|asks?|asked|at|beside|by|costs?|emails?|for|from|gave|gets?|gives?|given|helps?|hurts?|joined"
    "|knows|leaves|let|like|meets?|needs|of|owes?|pays?|paid|paying|rings?|rang|reminds?|reach|reaches|sends?|sent|shows?|shown"
    "|suits?|takes?|tells?|telling|told|to|took|with|without|worries|writes?"
)
_OBJECT = re.compile(rf"\b(?:{_BEFORE_OBJECT})\s+$", re.I)
_BEFORE_SUBJECT = (
    "add|agree|and|any|are|ask|asked|came|can|cannot|chose|choose|did|do|drive|drove|entered|find|found|get|go|had|have"
    "|let|like|look|looked|may|need|only|opened|paid|pay|put|read|said|say|see|send|sent|sign|spent|start|started|stay"
    "|still|take|tell|think|tick|ticked|told|took|travel|trust|typed|usually|want|went|were|will|would|write|wrote|left"
    "|hear|heard|help|not|sit|writing|keep|come|answer|answered|added|saved|live|[0-9]+|just|know|use|accept|give|gave|begin|decide|change|join|also|must|should|could|rang|ring|speak"
)
_SUBJECT = re.compile(rf"\s+(?:<[^>]*>)*(?:{_BEFORE_SUBJECT})\b", re.I)
_ENDS = re.compile(r"[.,;:!?)”]|</|$")
_WORD = r"[Tt]hank you|[Yy]ourself|[Yy]ours?|[Yy]ou|I am|I|[Mm]ine|[Mm]yself|[Mm]y|[Mm]e"
_SAID = re.compile(rf"<[^>]*(?:>|$)|(?<![\w/=&?.#-])(?:{_WORD})(?![\w/=’-])")
_SAYS = {"thank you": "we thank them", "yourself": "themselves", "yours": "theirs", "your": "their"}
_SAYS |= {"mine": "theirs", "my": "their", "me": "them", "myself": "themselves"}
_STARTS = re.compile(r"(?:^|[.?!>“:])\s*$")


def theirs(text: str, who: SignIn | None) -> str:
    """text as somebody reads who helps whom it is about; as it is to everybody else."""
    return _SAID.sub(_of_them, text) if who and who.acting_for else text


def theirs_each(options: Iterable[tuple[str, str]], who: SignIn | None) -> list[tuple[str, str]]:
    """The same of what may be chosen, as (value, words), where all the words are ours."""
    return [(value, theirs(words, who)) for value, words in options]


def _of_them(found: re.Match[str]) -> str:
    word, before, after = found[0], found.string[: found.start()], found.string[found.end() :]
    if word.startswith("<"):
        return word
    if word.startswith("I"):
        they = word.replace("I", "they").replace(" am", " are")
        return they.capitalize() if _STARTS.search(before) else they
    says = _SAYS.get(word.lower()) or ("them" if _is_object(before, after) else "they")
    return says.capitalize() if word[0].isupper() else says


def _is_object(before: str, after: str) -> bool:
    """English says "you" for "they" and "them" alike, so the word before tells which: "we pay you", "if you go"."""
    return bool(_OBJECT.search(before) or (before.strip() and _ENDS.match(after)))


def not_known(text: str) -> list[str]:
    """Where the words beside a "you" do not tell whether it is "they" or "them"."""
    return [
        text[max(0, found.start() - 30) : found.end() + 20]
        for found in _SAID.finditer(text)
        if found[0].lower() == "you"
        and not _is_object(text[: found.start()], text[found.end() :])
        and not _SUBJECT.match(text[found.end() :])
    ]


class Theirs(Extension):
    """The tag `theirs`."""

    tags: ClassVar[set[str]] = {"theirs"}  # pyrefly: ignore[bad-override]

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return [_said(each) for each in parser.parse_statements(("name:endtheirs",), drop_needle=True)]


def _said(node: Any) -> Any:
    if isinstance(node, nodes.TemplateData):
        return nodes.MarkSafe(_filtered(node.data)) if _ours(node.data) else node
    if isinstance(node, nodes.Const):
        return _filtered(node.value) if isinstance(node.value, str) and _ours(node.value) else node
    if isinstance(node, nodes.Compare):
        return node
    for name, value in node.iter_fields(exclude=_left_alone(node)):
        if isinstance(value, list):
            setattr(node, name, [_said(each) if isinstance(each, nodes.Node) else each for each in value])
        elif isinstance(value, nodes.Node):
            setattr(node, name, _said(value))
    return node


def _left_alone(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Pair):
        return ("key",)
    for_helper = isinstance(node, nodes.If | nodes.CondExpr) and getattr(node.test, "name", "") == "helping"
    return ("body", "expr1") if for_helper else ()


def says_you(text: str) -> bool:
    """Whether it speaks to somebody, or as them."""
    return any(not found[0].startswith("<") for found in _SAID.finditer(text))


def _ours(text: str) -> bool:
    return says_you(text) and " " in text


def _filtered(text: str) -> nodes.Filter:
    if unknown := not_known(text):
        raise ValueError(f"PEO-02: is “you” they or them in {unknown}?")
    return nodes.Filter(nodes.Const(text), "theirs", [nodes.Name("who", "load")], [], None, None)
