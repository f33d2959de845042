"""Parsed input from others. Parsers fail on unreadable input in many ways; here it is one error, even if something
is nested so deep that a parser gives up (RecursionError), or would later on."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

T = TypeVar("T")
DEEPEST = 100
"""How deep things may be nested. A bank's file has fewer than twenty levels, a span of a trace about as many."""


class Unreadable(ValueError):
    """It is not JSON or XML, or is nested too deep."""


def json_in(text: str | bytes) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable from None
    return _bearable(value, _within)


def _within(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def xml_in(data: bytes) -> Element:
    """No entities, no DTD."""
    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unreadable from None
    return _bearable(root, iter)


def _bearable(value: T, within: Callable[[Any], Iterable[Any]]) -> T:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in within(each)]
        if not level:
            return value
    raise Unreadable
