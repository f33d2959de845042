"""The items of an opportunity's task list: each one's question, and the form that reads the answer."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from services.opportunities.words import domain
from shared.money import parse_pounds
from shared.web import Form, Paragraphs

LONGEST = 5000


@dataclass(frozen=True, slots=True)
class Question:
    """One field of an item's page; kind is the macro that draws it."""

    kind: Literal["text", "textarea", "radios", "money"]
    name: str
    label: str
    hint: str | None = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    slug: str
    title: str
    question: str
    form: type[Form]
    fields: tuple[Question, ...]


class TitleForm(Form):
    title: str = Field(max_length=150)
    kind: str
    messages: ClassVar[dict[str, str]] = {
        "title.missing": "Give it a title",
        "title": "Use 150 characters or fewer",
        "kind": "Choose what kind it is",
    }

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in domain.KINDS:
            raise ValueError("Choose what kind it is")
        return kind


class BackgroundForm(Form):
    background: Paragraphs = Field(max_length=LONGEST)


class ExpectedForm(Form):
    expected: Paragraphs = Field(max_length=LONGEST)


class TimeForm(Form):
    time_needed: Paragraphs = Field(max_length=LONGEST)


class WhereForm(Form):
    mode: Literal["in-person", "online", "both"]
    area: str = Field(max_length=100)
    messages: ClassVar[dict[str, str]] = {"mode": "Choose how people take part", "area": "Say which area it is for"}


class PaymentForm(Form):
    paid: bool
    payment: Paragraphs = Field(max_length=LONGEST)
    messages: ClassVar[dict[str, str]] = {
        "paid": "Say whether people are paid",
        "payment.missing": "Write what is paid",
    }


class FundingForm(Form):
    commissioner: str = Field(default="", max_length=150)
    budget_pence: int | None = Field(default=None, alias="budget", le=100_000_000)
    messages: ClassVar[dict[str, str]] = {"budget.less_than_equal": "Enter one million pounds or less"}

    @field_validator("budget_pence", mode="before")
    @classmethod
    def _pence(cls, typed: Any) -> Any:
        return parse_pounds(typed) if isinstance(typed, str) else typed


class ContactForm(Form):
    contact_role: str = Field(max_length=150)
    contact_how: str = Field(max_length=500)
    messages: ClassVar[dict[str, str]] = {
        "contact_role.missing": "Write the role of the person to ask",
        "contact_how.missing": "Write how to reach them",
    }


class AccessibilityForm(Form):
    accessibility: Paragraphs = Field(max_length=LONGEST)


class ResultForm(Form):
    result: Paragraphs = Field(max_length=LONGEST)


class SummaryForm(Form):
    summary: Paragraphs = Field(max_length=1000)


class RoomForm(Form):
    led_by: Paragraphs = Field(default="", max_length=1000)
    speaking: Paragraphs = Field(default="", max_length=1000)
    upset: Paragraphs = Field(default="", max_length=1000)
    agreements: Paragraphs = Field(default="", max_length=1000)
    conflicts: Paragraphs = Field(default="", max_length=1000)


class PlacesForm(Form):
    capacity: int | None = Field(default=None, ge=1, le=10_000)


class NoticeForm(Form):
    notice_reason: Paragraphs = Field(default="", max_length=1000)


def _words(
    slug: str, title: str, question: str, form: type[Form], name: str, label: str, hint: str | None = None
) -> Item:
    return Item(slug, title, question, form, (Question("textarea", name, label, hint),))


_ROOM_HINTS = {
    "led_by": "Their role, and what they do. For example: our coordinator keeps time, and everybody gets a turn",
    "speaking": "For example: aloud, in the chat, on a note, in pairs, by drawing. Nobody has to speak",
    "upset": "Who is there, how people can leave, and who talks with them afterwards",
    "agreements": "For example: what is said here stays here. We listen. This holds for staff too",
    "conflicts": "For example: say so at the start. You can still take part in the rest",
}

_ITEMS = (
    Item(
        "title",
        "Title and kind",
        "What is it called?",
        TitleForm,
        (
            Question("text", "title", "Title"),
            Question("radios", "kind", "What kind is it?", options=tuple(domain.KINDS.items())),
        ),
    ),
    _words(
        "background",
        "Why this is happening",
        "Why is this happening?",
        BackgroundForm,
        "background",
        "Why, and what came before",
    ),
    _words(
        "expected", "What people will do", "What will people do?", ExpectedForm, "expected", "What is asked of people"
    ),
    _words(
        "time",
        "How much time",
        "How much time will it take?",
        TimeForm,
        "time_needed",
        "Time, with any reading or homework",
    ),
    Item(
        "where",
        "Online or in person, and the area",
        "How do people take part?",
        WhereForm,
        (
            Question("radios", "mode", "Online or in person?", options=tuple(domain.MODES.items())),
            Question("text", "area", "Which area is it for?", "People who ruled out an area are not told of it."),
        ),
    ),
    Item(
        "payment",
        "What is paid",
        "What is paid?",
        PaymentForm,
        (
            Question("radios", "paid", "Are people paid for their time?", options=(("true", "Yes"), ("false", "No"))),
            Question("textarea", "payment", "What is paid, and which costs we pay back"),
        ),
    ),
    Item(
        "contact",
        "Who people can ask",
        "Who can people ask?",
        ContactForm,
        (
            Question("text", "contact_role", "Their role", "A role, not a name. For example: involvement coordinator"),
            Question(
                "text",
                "contact_how",
                "How to reach them",
                "With a number or an address. For example: Ring 07700 900123, or write to hello@example.org",
            ),
        ),
    ),
    _words(
        "accessibility",
        "Getting in and taking part",
        "How accessible is it?",
        AccessibilityForm,
        "accessibility",
        "The building, or the call",
        "Steps, lifts, toilets, parking, hearing loop; or captions, and how to join by phone",
    ),
    _words(
        "result",
        "What happens with the result",
        "What happens with the result?",
        ResultForm,
        "result",
        "Who will use it, and how people will hear",
    ),
    _words(
        "summary",
        "The short version",
        "What is the short version?",
        SummaryForm,
        "summary",
        "In short sentences, one idea each",
        "This is what people are sent. Use everyday words.",
    ),
    Item(
        "room",
        "How it works in the room",
        "How does it work in the room?",
        RoomForm,
        tuple(Question("textarea", name, domain.IN_THE_ROOM[name], hint) for name, hint in _ROOM_HINTS.items()),
    ),
    Item(
        "places",
        "How many places",
        "How many places are there?",
        PlacesForm,
        (Question("text", "capacity", "Number of places", "Leave this blank if there is room for everyone."),),
    ),
    Item(
        "funding",
        "Who pays for the work",
        "Who pays for the work?",
        FundingForm,
        (
            Question(
                "text", "commissioner", "The name of who funds it", "Leave this blank if we pay for it ourselves."
            ),
            Question(
                "money",
                "budget",
                "Budget for payments to people",
                "Leave this blank if there is none of its own. For example, 500.00",
            ),
        ),
    ),
    Item(
        "notice",
        "Reason for short notice",
        "Why is there so little notice?",
        NoticeForm,
        (Question("textarea", "notice_reason", "The reason", "People will read this on the page."),),
    ),
)
ITEMS = {item.slug: item for item in _ITEMS}
OPTIONAL = ("places", "funding", "room")
"""Items that nobody needs to fill in before publishing; a blank answer counts."""
