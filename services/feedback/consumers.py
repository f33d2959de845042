"""What feedback hears, each with the one thing that it does."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.feedback.queries import read_out
from services.feedback.use_cases import copies, guests, hosts, safeguarding
from services.feedback.use_cases.contents import CONTENTS
from shared import answering
from shared.copies import SealedContents, fetch_cards, fetch_contents
from shared.db import Transaction
from shared.events import network
from shared.events.feedback import Answer, GuestWords
from shared.events.opportunities import OpportunityChanged, OpportunityCreated, OrganisationNamed
from shared.events.people import PersonChanged, PersonRegistered
from shared.messaging import steps
from shared.messaging.handling import Consumers, Unfit, fields_of
from shared.reasons import Missing, Refused
from shared.service import Responder, Service

_Sealed = network.GuestFeedbackGiven | network.GuestFeedbackAnswered


async def keep_card(tx: Transaction, event: PersonRegistered | PersonChanged, card: dict[str, Any]) -> None:
    await copies.keep_card(tx, event.person_id, card, event.roles)


@dataclass(frozen=True, slots=True)
class Came:
    """What our gateway holds of the sealed messages with this id, and our own decisions."""

    contents: SealedContents
    answer_days: int
    safeguarding_hours: int


async def fetch_sealed_contents(service: Service, events: Sequence[_Sealed]) -> dict[UUID, Came]:
    settings = service.settings
    found = await fetch_contents(service, events)
    return {
        item_id: Came(contents, settings.feedback_answer_days, settings.feedback_safeguarding_hours)
        for item_id, contents in found.items()
    }


async def hear_guest_feedback(tx: Transaction, event: network.GuestFeedbackGiven, came: Came) -> None:
    with _parked_if_unfit():
        words = GuestWords.model_validate(came.contents.of(event)["content"]).words
        await guests.hear_feedback(tx, event, words, answer_days=came.answer_days)


async def hear_answer(tx: Transaction, event: network.GuestFeedbackAnswered, came: Came) -> None:
    with _parked_if_unfit():
        answer = Answer.model_validate(came.contents.of(event)["content"]).answer
        await hosts.hear_answer(tx, event, answer, hours=came.safeguarding_hours)


@contextlib.contextmanager
def _parked_if_unfit() -> Iterator[None]:
    """Parks what another organisation had no right to say, or said in a form that we do not know: the reason,
    and none of its words."""
    try:
        yield
    except ValidationError as error:
        raise Unfit(f"invalid content: {fields_of(error)}") from None
    except Refused as refused:
        raise Unfit("; ".join(f"{reason.rule}: {reason.text}" for reason in refused.reasons)) from None
    except Missing:
        raise Unfit("we have no such feedback") from None


consumers = Consumers("feedback")
consumers.on(PersonRegistered, keep_card, prepare=fetch_cards)
consumers.on(PersonChanged, keep_card, prepare=fetch_cards)
consumers.on(OpportunityCreated, copies.keep_opportunity)
consumers.on(OpportunityChanged, copies.keep_opportunity)
consumers.on(OrganisationNamed, copies.keep_organisation)
consumers.on(network.OrganisationRemoved, hosts.hear_removal)
consumers.on(network.GuestFeedbackGiven, hear_guest_feedback, prepare=fetch_sealed_contents)
consumers.on(network.GuestFeedbackAnswered, hear_answer, prepare=fetch_sealed_contents)


async def answer_gateway(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    return await answering.contents_to_seal(service, request, CONTENTS[request["name"]])


async def words_to_read_out(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """Our answers, and a giver's words that would be sent. Nothing that is with the safeguarding lead is ever read out
    (FB-09)."""
    giver, by, today = UUID(request["person_id"]), UUID(request["by"]), service.clock.today()

    async def words_of(tx: Transaction, event: str, about: UUID) -> list[str] | None:
        found = await read_out.words_of_feedback(tx, event, about, giver, today, by=by)
        if found:
            await steps.add(tx, "feedback-read-out", about=about)
        return found or None

    return await answering.words_by_news(service, request, words_of)


async def who_have_concerns(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    """FB-09: for whoever keeps what is set aside: who has each concern about it now, so that nobody reads it by what
    was true before."""
    ids = [UUID(each) for each in request["ids"]]
    found = await service.database.read(lambda tx: safeguarding.who_have_concerns(tx, ids))
    return {"has_it": {str(concern_id): [str(each) for each in people] for concern_id, people in found.items()}}


RESPONDERS = (
    Responder("feedback.contents.gateway", answer_gateway),
    Responder("feedback.words.notifications", words_to_read_out),
    Responder("feedback.readers.opportunities", who_have_concerns),
    Responder("feedback.readers.payments", who_have_concerns),
)
