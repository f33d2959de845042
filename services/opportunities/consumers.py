"""What opportunities hears from the other services."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.opportunities import domain
from services.opportunities.use_cases import hearing, listings, questions
from services.opportunities.use_cases.contents import CONTENTS
from services.opportunities.use_cases.guests import answers, host
from shared.db import Transaction
from shared.events import network
from shared.events.feedback import FeedbackClosed, FeedbackReceived
from shared.events.notifications import AnswerMailed
from shared.events.opportunities import GuestAnswer, GuestRequest
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
from shared.reasons import NotYet
from shared.service import Responder, Service

consumers = Consumers("opportunities")

_AnyClaim = ClaimOpened | ClaimSubmitted | ClaimApproved | ClaimReturned | ClaimOwedAgain | ClaimPaid | ClaimRefused | ClaimDeclined
_AnyPerson = PersonRegistered | PersonChanged


async def _hear_claim(tx: Transaction, event: _AnyClaim, state: domain.ClaimState) -> None:
    await hearing.hear_claim(
        tx,
        event.claim_id,
        event.version,
        state,
        opportunity_id=event.opportunity_id,
        session_id=event.session_id,
        participant=event.participant,
    )


@consumers.on(ClaimOpened)
async def on_claim_opened(tx: Transaction, event: ClaimOpened) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimSubmitted)
async def on_claim_submitted(tx: Transaction, event: ClaimSubmitted) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimApproved)
async def on_claim_approved(tx: Transaction, event: ClaimApproved) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimReturned)
async def on_claim_returned(tx: Transaction, event: ClaimReturned) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimOwedAgain)
async def on_claim_owed_again(tx: Transaction, event: ClaimOwedAgain) -> None:
    await _hear_claim(tx, event, "open")


@consumers.on(ClaimPaid)
async def on_claim_paid(tx: Transaction, event: ClaimPaid) -> None:
    await _hear_claim(tx, event, "paid")


@consumers.on(ClaimRefused)
async def on_claim_refused(tx: Transaction, event: ClaimRefused) -> None:
    await _hear_claim(tx, event, "refused")


@consumers.on(ClaimDeclined)
async def on_claim_declined(tx: Transaction, event: ClaimDeclined) -> None:
    await _hear_claim(tx, event, "declined")


@consumers.on(FeedbackReceived)
async def on_feedback_received(tx: Transaction, event: FeedbackReceived) -> None:
    await hearing.hear_feedback(tx, event.item_id, event.version, event.opportunity_id, waiting=True)


@consumers.on(FeedbackClosed)
async def on_feedback_closed(tx: Transaction, event: FeedbackClosed) -> None:
    await hearing.hear_feedback(tx, event.item_id, event.version, event.opportunity_id, waiting=False)


async def fetch_cards(service: Service, events: Sequence[_AnyPerson]) -> dict[UUID, dict[str, Any]]:
    """The names that people may show us, asked for once for the whole batch. One that is not there yet is tried later."""
    ids = list(dict.fromkeys(str(event.person_id) for event in events))
    answer = await service.requests("people.cards.opportunities", {"person_ids": ids})
    return {UUID(person_id): card for person_id, card in answer["cards"].items()}


async def _keep_person(tx: Transaction, event: _AnyPerson, card: dict[str, Any]) -> None:
    await hearing.keep_person(tx, event.person_id, card)


@consumers.on(PersonRegistered, prepare=fetch_cards)
async def on_person_registered(tx: Transaction, event: PersonRegistered, card: dict[str, Any]) -> None:
    await _keep_person(tx, event, card)


@consumers.on(PersonChanged, prepare=fetch_cards)
async def on_person_changed(tx: Transaction, event: PersonChanged, card: dict[str, Any]) -> None:
    await _keep_person(tx, event, card)


_WithContent = network.GuestRequested | network.GuestAnswered
_Letters = dict[str, dict[str, Any]]
"""{origin: {"version", "content"}}: an organisation's events are read with its own letters alone, whatever ids another one writes."""


async def fetch_contents(service: Service, events: Sequence[_WithContent]) -> dict[UUID, _Letters]:
    """What came sealed with these events, asked of our gateway once for each kind."""
    letters: dict[UUID, _Letters] = {}
    for name in dict.fromkeys(type(event).name for event in events):
        asked = {(event.origin, event.guest_id) for event in events if event.name == name}
        question = {"name": name, "asked": [{"origin": origin, "id": str(guest_id)} for origin, guest_id in sorted(asked)]}
        answer = await service.requests("gateway.contents.opportunities", question)
        for origin, guest_id in asked:
            letter = answer["contents"].get(f"{origin}/{guest_id}")
            if letter is not None:
                letters.setdefault(guest_id, {})[origin] = letter
    return letters


def _letter(event: _WithContent, letters: _Letters) -> dict[str, Any]:
    letter = letters.get(event.origin)
    if letter is None or letter["version"] < event.version:
        raise NotYet("what came sealed with this event")
    return letter


@consumers.on(network.GuestRequested, prepare=fetch_contents)
async def on_guest_requested(tx: Transaction, event: network.GuestRequested, letters: _Letters) -> None:
    letter = _letter(event, letters)
    await host.hear_request(tx, event, GuestRequest.model_validate(letter["content"]), letter["version"])


@consumers.on(network.GuestAnswered, prepare=fetch_contents)
async def on_guest_answered(tx: Transaction, event: network.GuestAnswered, letters: _Letters) -> None:
    letter = _letter(event, letters)
    await answers.hear_answer(tx, event, GuestAnswer.model_validate(letter["content"]), letter["version"])


@consumers.on(network.GuestAccepted)
async def on_guest_accepted(tx: Transaction, event: network.GuestAccepted) -> None:
    await host.hear_acceptance(tx, event)


async def our_policy(service: Service, events: Sequence[network.GuestLeft | network.OrganisationRemoved]) -> dict[UUID, domain.Policy]:
    """How long the next on the waiting list has to answer."""
    return {event.aggregate_id: service.settings.policy for event in events}


@consumers.on(network.GuestLeft, prepare=our_policy)
async def on_guest_left(tx: Transaction, event: network.GuestLeft, policy: domain.Policy) -> None:
    await host.hear_leaving(tx, event, policy)


@consumers.on(network.GuestAttended)
async def on_guest_attended(tx: Transaction, event: network.GuestAttended) -> None:
    await answers.hear_attendance(tx, event)


async def network_policy(service: Service, events: Sequence[network.OpportunityShared]) -> dict[UUID, domain.NetworkPolicy]:
    """What we decided about listings."""
    policy: domain.NetworkPolicy = service.settings.network_policy
    return {event.opportunity_id: policy for event in events}


@consumers.on(network.OpportunityShared, prepare=network_policy, many=True)
async def on_opportunity_shared(tx: Transaction, events: Sequence[network.OpportunityShared], policies: Sequence[domain.NetworkPolicy]) -> None:
    await listings.hear_shared(tx, events, policies[0])


@consumers.on(network.OpportunityWithdrawn, prepare=network_policy, many=True)
async def on_opportunity_withdrawn(tx: Transaction, events: Sequence[network.OpportunityWithdrawn], policies: Sequence[domain.NetworkPolicy]) -> None:
    await listings.hear_withdrawn(tx, events, policies[0])


@consumers.on(network.OrganisationAnnounced)
async def on_organisation_announced(tx: Transaction, event: network.OrganisationAnnounced) -> None:
    if await listings.hear_announced(tx, event):
        await host.hear_return(tx, event.origin)


@consumers.on(network.OrganisationRemoved, prepare=our_policy)
async def on_organisation_removed(tx: Transaction, event: network.OrganisationRemoved, policy: domain.Policy) -> None:
    await listings.hear_removed(tx, event)
    await host.hear_removal(tx, event, policy)


async def answer_gateway(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """What our gateway seals with an event of ours; an id that we do not know is left out."""
    ids, duty_number = [UUID(each) for each in request["ids"]], service.settings.duty_number
    found = await service.database.read(lambda tx: CONTENTS[request["name"]](tx, ids, duty_number))
    return {"contents": {str(guest_id): {"version": version, "content": content.model_dump(mode="json")} for guest_id, (version, content) in found.items()}}


@consumers.on(AnswerMailed)
async def on_answer_mailed(tx: Transaction, event: AnswerMailed) -> None:
    await questions.hear_mailed(tx, event)


async def answers_to_mail(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Address and words of answers to people without an account, asked when they are mailed and kept nowhere else (OPP-22)."""
    ids = [UUID(each) for each in request["question_ids"]]
    found = await service.database.read(lambda tx: questions.to_mail(tx, ids))
    return {"answers": {str(question_id): facts for question_id, facts in found.items()}}


RESPONDERS = (Responder("opportunities.contents.gateway", answer_gateway), Responder("opportunities.answers.notifications", answers_to_mail))
