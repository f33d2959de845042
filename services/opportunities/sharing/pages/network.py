"""Coordinators' pages of what other organisations share: agree, show, hide, check new words, trust (NET-01, NET-03)."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from services.opportunities.listings import queries
from services.opportunities.listings.domain import Called, Terms
from services.opportunities.listings.use_cases import deciding, neighbours
from services.opportunities.places.domain.guests import MOST_REQUESTS_A_DAY, PLACES_UNTIL_TRUSTED
from services.opportunities.places.queries import guest_places
from services.opportunities.places.use_cases import words
from services.opportunities.sharing.use_cases import host
from services.opportunities.words.domain import KINDS, Funding, Offer
from services.opportunities.words.pages import before_ending
from shared.db import Command, Transaction
from shared.identity import Coordinator, SignIn
from shared.reasons import Missing
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect
from shared.web.filters import moment

router = APIRouter(prefix="/opportunities/staff")


class AgreeForm(Form):
    """The terms as the coordinator read them."""

    rate_pence: int | None = None
    funding: Funding
    expenses_cap_pence: int = Field(ge=0)
    read: int = 0


_WORDS = {
    "title": "Title",
    "summary": "In short",
    "area": "Area",
    "background": "Why this is happening",
    "expected": "What you would do",
    "time_needed": "How much time",
    "payment": "What is paid",
    "accessibility": "Getting in and taking part",
    "result": "What happens with the result",
    "contact_role": "Whom we ask there",
    "commissioner": "For whom",
    "short_notice_reason": "Why it starts soon",
    "answers": "What people asked there",
    "url": "Their page",
}


def _side_by_side(listing: queries.Listing) -> list[tuple[str, str, str]]:
    """NET-01: (of what, what our people read, what the host says now) of words that wait for a check or were
    refused."""
    waits = listing.waits or listing.not_shown
    texts = [
        (label, listing.facts._mapping[name], waits.texts[name])
        for name, label in _WORDS.items()
        if name in waits.texts
    ]
    venues = [
        (f"Where, {moment(each.starts_at)}", each.venue, waits.venues[str(each.id)])
        for each in listing.sessions
        if str(each.id) in waits.venues
    ]
    reason = [("Their reason", listing.facts.reason, waits.reason)] if waits.reason else []
    return [*texts, *venues, *reason]


NETWORK = "/opportunities/staff/network"


class HideForm(Form):
    hidden: bool
    read: int = 0
    """The version that they read. Nobody needs to read something in order to hide it."""


class WordsForm(Form):
    shown: bool
    read: int


class TrustForm(Form):
    trust: bool


def our_name(request: Request) -> Called:
    settings = of(request).settings
    return Called(settings.organisation, settings.organisation_name)


@router.get("/network")
async def network(request: Request, who: Coordinator, problem: Refusal = None) -> HTMLResponse:
    service = of(request)
    policy, us = service.settings.network_policy, our_name(request)

    async def work(tx: Transaction):
        return (
            await queries.listings_for_staff(tx, policy, request.query_params.get("after")),
            await queries.full_hosts(tx, policy),
            await queries.neighbours(tx, us),
            await guest_places.words_to_guests(tx, request.query_params.get("words_after")),
        )

    (found, next_after), full, others, (to_guests, words_after) = await service.database.read(work)
    return page(
        request,
        "sharing/network.html",
        who=who,
        title="From the network",
        problem=problem,
        listings=found,
        words={each.facts.id: _side_by_side(each) for each in found if each.waits or each.not_shown},
        next_after=next_after,
        full=full,
        hosts={each.facts.origin: each for each in others},
        neighbours=[each for each in others if not each.facts.removed],
        us=us,
        to_guests=to_guests,
        words_after=words_after,
        most=policy.most_listings,
        a_day=policy.most_told_a_day,
        until_trusted=PLACES_UNTIL_TRUSTED,
        guests_a_day=MOST_REQUESTS_A_DAY,
        kinds=KINDS,
    )


@router.get("/network/{listing_id:uuid}/agree")
async def ask_before_agreeing(request: Request, who: Coordinator, listing_id: UUID) -> Response:
    """NET-03: what we would pay, who hears of it, and what can be taken back."""
    policy, us = of(request).settings.network_policy, our_name(request)

    async def work(tx: Transaction):
        return await queries.listing(tx, listing_id, policy), await queries.neighbours(tx, us)

    found, others = await of(request).database.read(work)
    if found is None:
        raise Missing
    if found.agreed or found.facts.hidden:
        return redirect(NETWORK)
    host = next((each for each in others if each.facts.origin == found.facts.origin), None)
    return page(request, "sharing/agree.html", who=who, title="Agree to pay our people?", each=found, host=host, us=us)


@router.post("/network/{listing_id:uuid}/agree")
@again(network)
async def agree(request: Request, who: Coordinator, listing_id: UUID) -> Response:
    form = await read_form(request, AgreeForm)
    terms = Terms(form.rate_pence is not None, form.rate_pence, Offer(form.funding, form.expenses_cap_pence))
    policy = of(request).settings.network_policy
    work = partial(deciding.agree, listing_id=listing_id, terms=terms, read=form.read, policy=policy)
    done = "Agreed. Our people can take part, and we tell those who may like it."
    return await _decide(request, who, "agree-to-listing", work, done)


async def _decide(
    request: Request, who: SignIn, name: str, work: Callable[[Transaction], Awaitable[None]], done: str
) -> Response:
    await of(request).database.run(Command(name, who.actor), work)
    return redirect(NETWORK, done)


@router.post("/network/{listing_id:uuid}/hide")
@again(network)
async def hide(request: Request, who: Coordinator, listing_id: UUID) -> Response:
    form = await read_form(request, HideForm)
    show = partial(deciding.show, read=form.read, policy=of(request).settings.network_policy)
    work = partial(deciding.hide if form.hidden else show, listing_id=listing_id)
    done = "It is hidden. People with a place keep it." if form.hidden else "It is in our list."
    return await _decide(request, who, "hide-listing", work, done)


@router.post("/network/{listing_id:uuid}/words")
@again(network)
async def decide_words(request: Request, who: Coordinator, listing_id: UUID) -> Response:
    """NET-01: our people read the new words from now on, or keep the old ones."""
    use_case = partial(deciding.decide_words, listing_id=listing_id)
    shown, kept = "Our people read the new words now.", "Our people still read the old words."
    return await _decide_words(request, who, "decide-words", use_case, shown, kept)


@router.post("/network/guests/{place_id:uuid}/words")
@again(network)
async def decide_guest_words(request: Request, who: Coordinator, place_id: UUID) -> Response:
    """NET-01: whether one of ours may read what a host wrote to them."""
    use_case = partial(words.decide_guest_words, place_id=place_id)
    shown, kept = "They can read it now.", "They do not read it. You can show it later."
    return await _decide_words(request, who, "decide-guest-words", use_case, shown, kept)


@router.post("/network/organisations/{origin}/name")
@again(network)
async def decide_name(request: Request, who: Coordinator, origin: str) -> Response:
    use_case = partial(neighbours.decide_name, origin=origin)
    shown, kept = "Our people read the new name now.", "Our people still read the old name."
    return await _decide_words(request, who, "decide-name", use_case, shown, kept)


async def _decide_words(
    request: Request, who: SignIn, name: str, use_case: Callable[..., Awaitable[None]], shown: str, kept: str
) -> Response:
    """shown, kept: what to say afterwards, by their choice."""
    form = await read_form(request, WordsForm)
    work = partial(use_case, shown=form.shown, read=form.read)
    return await _decide(request, who, name, work, shown if form.shown else kept)


@router.get("/network/organisations/{origin}/stop-trusting")
async def ask_before_trust_ends(request: Request, who: Coordinator, origin: str) -> Response:
    name = await of(request).database.read(lambda tx: queries.trusted_neighbour(tx, origin))
    if name is None:
        return redirect(NETWORK)
    name = f"{name} ({origin})"
    return before_ending(
        request,
        who,
        f"Look first at what {name} shares?",
        ends=f"What {name} shares from now on is not shown to our people before one of us has looked at it. Each one "
        f"is a task for coordinators. When {PLACES_UNTIL_TRUSTED} of its guests have a place in one opportunity, no "
        "more get one.",
        stays="What they have shared already stays in our list, and people keep their places and what they "
        "were offered, its guests too. You can trust them again.",
        action=f"{NETWORK}/organisations/{origin}/trust",
        button="Yes, look first from now on",
        back=(NETWORK, "From the network"),
        hidden={"trust": "false"},
    )


@router.post("/network/organisations/{origin}/trust")
@again(network)
async def trust(request: Request, who: Coordinator, origin: str) -> Response:
    """NET-01: from now on, an organisation's listings come in unchecked, or each is checked again."""
    form = await read_form(request, TrustForm)
    done = (
        "What they share is shown from now on without a look by us first. Their people who waited are offered the "
        "places that are free."
        if form.trust
        else "We look at what they share before our people see it."
    )
    work = partial(host.trust, origin=origin, trusted=form.trust, policy=of(request).settings.policy)
    return await _decide(request, who, "trust-organisation", work, done)
