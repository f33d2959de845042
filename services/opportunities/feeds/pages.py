"""What other websites and calendars may show of ours: a page that explains it, and the feeds. Anyone may read them,
from anywhere."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from services.opportunities.feeds import queries
from services.opportunities.feeds.domain import Organiser, Shown
from services.opportunities.feeds.gateways import atom, rpde, schema_org
from services.opportunities.feeds.gateways.calendar import MEDIA_TYPE, calendar_file
from shared.db import Transaction
from shared.identity import Visitor
from shared.service import of
from shared.web import page
from shared.web.errors import problem_details
from shared.web.problems import problem_of

router = APIRouter()

FEEDS = "/opportunities/feeds"
NETWORK = f"{FEEDS}/network"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The last change of an empty feed, because Atom requires a moment."""
KEPT_SECONDS = 300
"""Seconds for which caches may keep a calendar or news feed."""
CHANGES_KEPT_SECONDS, LAST_KEPT_SECONDS = 3600, 8
"""Seconds for which caches may keep a page of changes, and the last page. Full pages never become wrong, since later
changes come after them; the last one is polled often (as RPDE says)."""


def _with_network(request: Request) -> bool:
    """Whether the feed covers the network, not ours alone."""
    return request.url.path.startswith(f"{NETWORK}/")


WithNetwork = Annotated[bool, Depends(_with_network)]


def _ourselves(request: Request) -> Organiser:
    settings = of(request).settings
    return Organiser(settings.organisation_name, settings.public_url)


async def json_ld(request: Request, opportunity_id: UUID) -> Markup | None:
    """For the `<script type="application/ld+json">` of an opportunity's or a listing's page; None if it was never
    public."""
    ourselves = _ourselves(request)
    found = await of(request).database.read(lambda tx: queries.shown(tx, ourselves, opportunity_id))
    return Markup(schema_org.script(found)) if found else None


@router.get(FEEDS)
async def about_feeds(request: Request, who: Visitor) -> HTMLResponse:
    settings = of(request).settings
    return page(
        request,
        "feeds/feeds.html",
        who=who,
        title="Show our opportunities on your website",
        own=settings.public_url + FEEDS,
        network=settings.public_url + NETWORK,
        licence=settings.feeds_licence,
    )


# Rendering some hundred opportunities takes a while, so it runs in a thread and holds up nobody's page.


@router.get(f"{FEEDS}/calendar.ics")
@router.get(f"{NETWORK}/calendar.ics")
async def calendar(request: Request, who: Visitor, network: WithNetwork) -> Response:
    service, ourselves = of(request), _ourselves(request)
    shown = await service.database.read(lambda tx: queries.in_calendar(tx, ourselves, network=network))
    url = ourselves.url + (NETWORK if network else FEEDS) + "/calendar.ics"
    body = await asyncio.to_thread(calendar_file, shown, name=_title(ourselves, network), url=url)
    return _public(request, body, MEDIA_TYPE, KEPT_SECONDS)


@router.get(f"{FEEDS}/atom.xml")
@router.get(f"{NETWORK}/atom.xml")
async def news(request: Request, who: Visitor, network: WithNetwork) -> Response:
    service, ourselves = of(request), _ourselves(request)
    after = request.query_params.get("after")

    async def read(tx: Transaction) -> tuple[list[Shown], str | None, datetime | None]:
        shown, next_after = await queries.in_news(tx, ourselves, network=network, after=after)
        return shown, next_after, await queries.last_changed_at(tx, network=network)

    shown, next_after, updated = await service.database.read(read)
    body = await asyncio.to_thread(
        atom.feed,
        shown,
        title=_title(ourselves, network),
        url=ourselves.url + (NETWORK if network else FEEDS) + "/atom.xml",
        page=ourselves.url + "/opportunities",
        host=ourselves,
        licence=service.settings.feeds_licence,
        updated=updated or NEVER,
        after=after,
        next_after=next_after,
    )
    return _public(request, body, atom.MEDIA_TYPE, KEPT_SECONDS)


@router.get(f"{FEEDS}/rpde")
@router.get(f"{NETWORK}/rpde")
async def changes(request: Request, who: Visitor, network: WithNetwork) -> Response:
    service, ourselves = of(request), _ourselves(request)
    try:
        after = rpde.number_after(request.query_params.multi_items())
    except ValueError as error:
        return problem_details(
            400, "That part of the address is wrong", str(error), problem_of(None), headers=_OPEN_TO_ALL
        )
    limit = service.settings.feeds_page_items
    changes = await service.database.read(
        lambda tx: queries.changes_after(tx, ourselves, network=network, after=after or 0, limit=limit)
    )
    url = ourselves.url + (NETWORK if network else FEEDS) + "/rpde"
    body = await asyncio.to_thread(
        rpde.feed_page, changes, url=url, after=after, licence=service.settings.feeds_licence
    )
    return _public(request, body, rpde.MEDIA_TYPE, CHANGES_KEPT_SECONDS if changes else LAST_KEPT_SECONDS)


def _title(ourselves: Organiser, network: bool) -> str:
    return f"What’s on with {ourselves.name}" + (" and its network" if network else "")


_OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
"""Scripts of any website may read it: it is public and the same for everyone."""


def _public(request: Request, body: bytes, media_type: str, seconds: int) -> Response:
    """There is no Last-Modified beside the ETag, because what is open changes with time although nothing was
    modified."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_OPEN_TO_ALL, "ETag": tag, "Cache-Control": f"public, max-age={seconds}"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
