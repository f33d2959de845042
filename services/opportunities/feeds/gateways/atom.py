"""Opportunities as an Atom feed (RFC 4287). All text is marked as plain, so that no reader takes it for HTML."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.etree import ElementTree

from services.opportunities.feeds.domain import Organiser, Shown
from services.opportunities.feeds.gateways.schema_org import description
from services.opportunities.feeds.gateways.text import plain
from services.opportunities.words.domain import KINDS

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"


def feed(
    shown: Sequence[Shown],
    *,
    title: str,
    url: str,
    page: str,
    host: Organiser,
    licence: str,
    updated: datetime,
    after: str | None = None,
    next_after: str | None = None,
) -> bytes:
    """url: the feed's address, and its id; page: the same for people; updated: when anything in it last changed.

    A long feed has several documents, each naming the next (RFC 5005). after: where this one begins; next_after: where
    the next does."""
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en-GB"})
    _add(root, "id", url)
    _add(root, "title", title)
    _add(root, "updated", _moment(updated))
    _add_organisation(root, "author", host)
    _link(root, "self", _from(url, after), "application/atom+xml")
    if after:
        _link(root, "first", url, "application/atom+xml")
    if next_after:
        _link(root, "next", _from(url, next_after), "application/atom+xml")
    _link(root, "alternate", page, "text/html")
    _link(root, "license", licence)
    _add(root, "generator", "Chorus")
    for each in shown:
        _add_entry(root, each)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _from(url: str, after: str | None) -> str:
    return f"{url}?{urlencode({'after': after})}" if after else url


def _add_entry(root: ElementTree.Element, shown: Shown) -> None:
    entry = ElementTree.SubElement(root, "entry")
    cancelled = "Cancelled: " if shown.standing == "cancelled" else ""
    _add(entry, "id", f"urn:uuid:{shown.id}")
    _add(entry, "title", cancelled + shown.title)
    _add(entry, "updated", _moment(shown.changed_at))
    _add_organisation(entry, "author", shown.host)
    _link(entry, "alternate", shown.url, "text/html")
    if shown.kind in KINDS:  # a slug that we have no name for is another organisation's own word (NET-01)
        ElementTree.SubElement(entry, "category", {"term": shown.kind, "label": KINDS[shown.kind]})
    _add(entry, "summary", shown.summary)
    _add(entry, "content", description(shown), type="text")


def _add_organisation(parent: ElementTree.Element, role: str, organisation: Organiser) -> None:
    element = ElementTree.SubElement(parent, role)
    _add(element, "name", organisation.name)
    _add(element, "uri", organisation.url)


def _link(parent: ElementTree.Element, rel: str, href: str, media_type: str | None = None) -> None:
    ElementTree.SubElement(
        parent, "link", {"rel": rel, "href": plain(href)} | ({"type": media_type} if media_type else {})
    )


def _add(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = plain(text)


def _moment(at: datetime) -> str:
    """RFC 3339."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
