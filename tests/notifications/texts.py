"""Facts for every text that we send, and the texts written from them."""

from datetime import UTC, date, datetime
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.notifications.domain.channels import Card
from services.notifications.domain.messages import MESSAGES, may_opt_out
from services.notifications.gateways import letters
from services.notifications.gateways.rendering import Letter, Line
from services.notifications.settings import Settings

VERSIONS = ["plain", "easy-read", "discreet-plain", "discreet-easy-read"]
TEMPLATES = sorted(MESSAGES)
EVERY_TEXT = [(template, version) for template in TEMPLATES for version in VERSIONS]
HIGHEST_GRADE = {"plain": 4.0, "easy-read": 2.5, "discreet-plain": 4.0, "discreet-easy-read": 4.0}
"""Automated readability index: 4 is about the age of nine."""
SESSION = SimpleNamespace(
    session_id=UUID(int=7),
    starts_at=datetime(2026, 12, 28, 10, 30, tzinfo=UTC),
    ends_at=datetime(2026, 12, 28, 12, tzinfo=UTC),
    venue="Room 2, the mental health and addiction centre",
)
TITLE = "Choosing who runs the mental health and addiction recovery service"
FACTS: dict[str, Any] = {
    "title": TITLE,
    "summary": "We will choose who runs the cafe. You help us choose! Come and ask what you like.",
    "paid": True,
    "mode": "in-person",
    "contact_role": "involvement worker",
    "short_notice_reason": "The room was free only now.",
    "about": UUID(int=11),
    "session": SESSION,
    "pay_by": date(2026, 12, 12),
    "aim_by": date(2026, 12, 7),
    "amount_pence": 2090,
    "recognition": "bank-transfer",
    "not_agreed_pence": 450,
    "waiting_pence": 310,
    "waiting_lines": 1,
    "rest_refused": False,
    "because": "register",
    "else_because": "",
    "lines": [
        {"kind": "mileage", "pence": 450, "agreed_pence": 0, "state": "refused"},
        {"kind": "fare", "pence": 310, "agreed_pence": 0, "state": "receipt"},
    ],
    "ground": "attendance",
    "receipt_by": None,
    "session_date": date(2026, 12, 3),
    "on_hold": False,
    "rest_pence": 0,
    "rest_recognition": None,
    "was_agreed": False,
    "first_claim_pence": 1117,
    "waits_for_bank": False,
    "bank_paid": False,
    "is_paid": False,
    "in_part": False,
    "sent": False,
    "stands": False,
    "tried": True,
    "had_place": False,
    "not_met": False,
    "fault": "closed",
    "details_wait": False,
    "person_waits": False,
    "asks_details": False,
    "first": False,
    "set_aside": False,
    "ending": "used",
    "place_id": UUID(int=12),
    "answer_by": datetime(2026, 12, 12, 12, tzinfo=UTC),
    "due_at": datetime(2026, 12, 12, 12, tzinfo=UTC),
    "missing": ["lead"],
    "count": 2,
    "task": "answer-feedback",
    "due_on": date(2026, 12, 12),
    "host": "",
    "changed": ["time", "place", "contact", "purpose"],
    "reason": "The room was not free.",
    "were": [
        SimpleNamespace(
            **vars(SESSION)
            | {"starts_at": datetime(2026, 12, 21, 14, tzinfo=UTC), "venue": "Room 9, the addiction centre"}
        )
    ],
    "title_was": "Choosing who runs the recovery cafe",
    "texts": [],
    "contact_was": "involvement worker",
    "closes_on": None,
    "closes_was": None,
    "held": True,
    "over": False,
    "taken_back": False,
    "their_place": UUID(int=12),
    "help_asked": "no",
    "asked_to_stay": False,
    "has_outcome": True,
    "position": 2,
    "give": ["approver", "administrator"],
    "take": ["finance"],
    "answer": "confirmed",
    "mine": True,
    "what": "passkey-added",
    "whose": str(UUID(int=13)),
}
IN_OWN_TIME: dict[str, Any] = {
    "closes_on": date(2026, 12, 28),
    "closes_was": date(2026, 12, 21),
    "session": None,
    "were": [],
}
"""OPP-01: what differs where there are no sessions."""
SHAPE_OF_SETTINGS: dict[str, Any] = {
    "organisation": "test",
    "organisation_name": "The Test Mind Voice",
    "public_url": "https://voice.example",
    "contact_hours": "We read messages on weekdays, from 9am to 5pm.",
    "mail_from": "voice@voice.example",
    "mail_reply_to": None,
}
SETTINGS = Settings.model_construct(**SHAPE_OF_SETTINGS)


def draft(template: str, version: str, **facts: Any) -> letters.Draft:
    said = FACTS | facts | (IN_OWN_TIME if template == "closing-reminder" else {})
    card = Card(
        UUID(int=1),
        discreet=version.startswith("discreet"),
        format="easy-read" if version.endswith("easy-read") else "plain",
    )
    return letters.Draft(
        message_id=UUID(int=3),
        template=template,
        kind=MESSAGES[template].kind,
        card=card,
        name="Amina",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        opportunity_id=UUID(int=4),
        sessions=[] if said["closes_on"] else [SESSION],
        facts=said,
        unsubscribe="/notifications/unsubscribe/x" if may_opt_out(MESSAGES[template].kind) else "",
    )


def letter(template: str, version: str, **facts: Any) -> Letter:
    return letters.letter(draft(template, version, **facts), SETTINGS, by_mail=True)


def mail(template: str, version: str, **facts: Any) -> EmailMessage:
    return letters.as_mail(draft(template, version, **facts), "amina@people.example", SETTINGS)


def words(lines: list[Line]) -> str:
    """What is read aloud: without addresses of pages, each line a sentence."""
    return " ".join(
        line.text if line.text.endswith((".", "!", "?")) else f"{line.text.rstrip(',:')}." for line in lines
    )


def texts_of(mail: EmailMessage) -> str:
    """Everything in a mail that another person could see over someone's shoulder."""
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    return headers + "\n" + "\n".join(parts)
