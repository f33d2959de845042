"""What opportunities hears from the other services."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from services.opportunities.ending.use_cases.hearing import hear_claim, hear_feedback
from services.opportunities.listings.domain import Called, NetworkPolicy
from services.opportunities.listings.use_cases import listings, neighbours
from services.opportunities.people.use_cases import copies
from services.opportunities.places.queries import read_out
from services.opportunities.places.queries.people import duty_number_of
from services.opportunities.places.use_cases import answers, needs, withdrawn
from services.opportunities.places.use_cases.cancelled_elsewhere import hear_cancelled_sessions
from services.opportunities.places.use_cases.contents import CONTENTS
from services.opportunities.questions import queries, use_cases
from services.opportunities.questions import queries as questions
from services.opportunities.register.use_cases.elsewhere import hear_attendance
from services.opportunities.safeguarding import use_cases as safeguarding
from services.opportunities.safeguarding.domain import role_that_sets_aside
from services.opportunities.sharing.use_cases import host
from services.opportunities.words.domain import Policy
from shared import answering
from shared.copies import SealedContents, fetch_cards, fetch_contents
from shared.db import Transaction
from shared.events import ParticipantRef, network
from shared.events.feedback import (
    ConcernOverdue,
    ConcernRaised,
    ConcernSettled,
    ConcernTaken,
    FeedbackClosed,
    FeedbackReceived,
)
from shared.events.listings import GuestAnswer, GuestRequest
from shared.events.notifications import AnswerMailed
from shared.events.opportunities import AnswerShown, QuestionAnswered
from shared.events.payments import (
    ClaimApproved,
    ClaimDeclined,
    ClaimOpened,
    ClaimOwedAgain,
    ClaimPaid,
    ClaimRefused,
    ClaimReturned,
    ClaimSubmitted,
)
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging.handling import Consumers
from shared.service import Responder, Service

_AnyPerson = PersonRegistered | PersonChanged


async def keep_card(tx: Transaction, event: _AnyPerson, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card)


async def our_name(service: Service, events: Sequence[safeguarding.AnyConcern]) -> dict[UUID, str]:
    """The organisation whose people ask."""
    return {event.concern_id: service.settings.organisation for event in events}


async def hear_concern(tx: Transaction, event: safeguarding.AnyConcern, organisation: str) -> None:
    if await safeguarding.hear_concern(tx, event) and event.source == "question" and event.source_id is not None:
        await use_cases.hear_concern(tx, event.source_id, organisation)


async def hear_request(tx: Transaction, event: network.GuestRequested, contents: SealedContents) -> None:
    sealed = contents.of(event)
    await host.hear_request(tx, event, GuestRequest.model_validate(sealed["content"]), sealed["version"])


async def hear_answer(tx: Transaction, event: network.GuestAnswered, contents: SealedContents) -> None:
    sealed = contents.of(event)
    await answers.hear_answer(tx, event, GuestAnswer.model_validate(sealed["content"]), sealed["version"])


async def our_policy(
    service: Service, events: Sequence[network.GuestLeft | network.OrganisationRemoved]
) -> dict[UUID, Policy]:
    """How long the next person on the waiting list has to answer."""
    return {event.aggregate_id: service.settings.policy for event in events}


async def network_policy(
    service: Service, events: Sequence[network.OpportunityShared | network.OpportunityWithdrawn]
) -> dict[UUID, NetworkPolicy]:
    """What we decided about listings."""
    policy: NetworkPolicy = service.settings.network_policy
    return {event.opportunity_id: policy for event in events}


async def hear_shared(
    tx: Transaction, events: Sequence[network.OpportunityShared], policies: Sequence[NetworkPolicy]
) -> None:
    await listings.hear_shared(tx, events, policies[0])
    await hear_cancelled_sessions(tx, events)


async def hear_withdrawn(
    tx: Transaction, events: Sequence[network.OpportunityWithdrawn], policies: Sequence[NetworkPolicy]
) -> None:
    await withdrawn.hear_withdrawn(tx, events, policies[0])


async def what_we_are_called(service: Service, events: Sequence[network.OrganisationAnnounced]) -> dict[UUID, Called]:
    """Nobody else is called so unless a coordinator agrees (NET-01)."""
    us = Called(service.settings.organisation, service.settings.organisation_name)
    return {event.organisation_id: us for event in events}


async def hear_announced(tx: Transaction, event: network.OrganisationAnnounced, us: Called) -> None:
    if await neighbours.hear_announced(tx, event, us):
        await host.hear_return(tx, event.origin)


async def hear_removed(tx: Transaction, event: network.OrganisationRemoved, policy: Policy) -> None:
    await withdrawn.hear_removed(tx, event)
    await host.hear_removal(tx, event, policy)


async def answer_gateway(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    duty_number, read = service.settings.duty_number, CONTENTS[request["name"]]
    return await answering.contents_to_seal(service, request, lambda tx, ids: read(tx, ids, duty_number))


async def answers_to_mail(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Addresses and words of answers to people without an account, asked for when they are mailed and kept nowhere else
    (OPP-22)."""
    ids = [UUID(each) for each in request["question_ids"]]
    found = await service.database.read(lambda tx: queries.to_mail(tx, ids))
    return {"answers": {str(question_id): facts for question_id, facts in found.items()}}


async def words_to_read_out(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    settings = service.settings
    theirs = ParticipantRef(kind="person", id=UUID(request["person_id"]), home=settings.organisation)

    async def words_of(tx: Transaction, event: str, about: UUID) -> list[str] | None:
        if event == QuestionAnswered.name:
            return await use_cases.words_of_answer(tx, about, theirs.id)
        if event == AnswerShown.name:
            return await questions.words_of_shown(tx, about)
        place = await read_out.place_told_of(tx, event, about, theirs)
        if place is None:
            return None
        if event in read_out.TELLS_NEEDS and place.needs:
            await needs.note_reading(tx, place.facts.id)
        return read_out.words_of_place(event, place, settings.duty_number, tx.now)

    return await answering.words_by_news(service, request, words_of)


async def words_set_aside(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    read = use_cases.read_set_aside if request["source"] == "question" else needs.read_set_aside
    return await answering.words_set_aside(service, request, read)


async def set_aside(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    written_by = questions.asked_by if request["source"] == "question" else needs.needed_by

    async def role_of(tx: Transaction, about: UUID) -> str | None:
        written = await written_by(tx, about)
        return written and role_that_sets_aside(UUID(request["by"]), request["roles"], written_by=written[0])

    hear = partial(hear_concern, organisation=service.settings.organisation)
    return await answering.set_aside(service, request, role_of, hear)


async def duty_number(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """NET-02: on which another organisation is rung about a guest."""
    return {"number": await service.database.read(lambda tx: duty_number_of(tx, request["organisation"]))}


consumers = Consumers("opportunities")
consumers.on(ClaimOpened, hear_claim)
consumers.on(ClaimSubmitted, hear_claim)
consumers.on(ClaimApproved, hear_claim)
consumers.on(ClaimReturned, hear_claim)
consumers.on(ClaimOwedAgain, hear_claim)
consumers.on(ClaimPaid, hear_claim)
consumers.on(ClaimRefused, hear_claim)
consumers.on(ClaimDeclined, hear_claim)
consumers.on(FeedbackReceived, hear_feedback)
consumers.on(FeedbackClosed, hear_feedback)
consumers.on(ConcernRaised, hear_concern, prepare=our_name)
consumers.on(ConcernOverdue, hear_concern, prepare=our_name)
consumers.on(ConcernTaken, hear_concern, prepare=our_name)
consumers.on(ConcernSettled, hear_concern, prepare=our_name)
consumers.on(AnswerMailed, use_cases.hear_mailed)
consumers.on(PersonRegistered, keep_card, prepare=fetch_cards)
consumers.on(PersonChanged, keep_card, prepare=fetch_cards)
# From other organisations
consumers.on(network.GuestRequested, hear_request, prepare=fetch_contents)
consumers.on(network.GuestAnswered, hear_answer, prepare=fetch_contents)
consumers.on(network.GuestAccepted, host.hear_acceptance)
consumers.on(network.GuestLeft, host.hear_leaving, prepare=our_policy)
consumers.on(network.GuestAttended, hear_attendance)
consumers.on(network.OpportunityShared, hear_shared, prepare=network_policy, many=True)
consumers.on(network.OpportunityWithdrawn, hear_withdrawn, prepare=network_policy, many=True)
consumers.on(network.OrganisationAnnounced, hear_announced, prepare=what_we_are_called)
consumers.on(network.OrganisationRemoved, hear_removed, prepare=our_policy)

RESPONDERS = (
    Responder("opportunities.contents.gateway", answer_gateway),
    Responder("opportunities.answers.notifications", answers_to_mail),
    Responder("opportunities.words.notifications", words_to_read_out),
    Responder("opportunities.words.feedback", words_set_aside),
    Responder("opportunities.set-aside.feedback", set_aside),
    Responder("opportunities.duty-number.feedback", duty_number),
)
