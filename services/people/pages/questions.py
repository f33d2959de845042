"""One question a page: the questions about a person, in words, for joining and for their details later."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

from fastapi import Request
from pydantic import create_model

from services.people.domain.choices import CHANNELS, CHOICES, FORMATS
from services.people.domain.postal import as_postal_address, parts_of
from shared.service import of
from shared.web import Form, read_form

_NOT_NOW = "You do not have to answer. You can change it whenever you like."
_RULE_OUT = "Tick any that you do not want to hear about. Leave them all blank to hear about everything."


@dataclass(frozen=True, slots=True)
class Question:
    field: str
    title: str
    short: str
    """What lists of answers call this question."""
    kind: Literal["text", "one", "some", "yes-no", "address"] = "some"
    hint: str = ""
    required: str = ""
    """The error if there is no answer; blank if none is needed."""
    autocomplete: str | None = None
    inputmode: str | None = None
    none_chosen: str = "Not answered"

    @property
    def slug(self) -> str:
        return self.field.replace("_", "-")


class PostalForm(Form):
    """The fields of a postal address, which is kept as one answer."""

    name_on_door: str = ""
    line_1: str = ""
    line_2: str = ""
    town: str = ""
    postcode: str = ""

    def written(self, name: str = "") -> str:
        """name: the name on the door where none was asked for."""
        lines = (self.line_1, self.line_2, self.town)
        return as_postal_address(self.name_on_door or name, "\n".join(filter(None, lines)), self.postcode)


class AgeForm(Form):
    over_18: bool
    agreements_held: bool = False
    messages: ClassVar[dict[str, str]] = {"over_18": "Choose yes or no"}


NAME = Question("name", "What is your name?", "Name", "text", required="Write your name", autocomplete="name")
EMAIL = Question(
    "email",
    "What is your email address?",
    "Email",
    "text",
    "We send you a code to sign in with. We do not pass your address on.",
    required="Write an email address like name@example.org",
    autocomplete="email",
    inputmode="email",
)
OVER_18 = Question("over_18", "Are you 18 or over?", "18 or over", "yes-no", required="Tell us if you are 18 or over")
AREA = Question("area", "Where do you live?", "Area", "one", _NOT_NOW)
THINK = Question(
    "think",
    "Would you like help to think about what you want from this?",
    "",
    "yes-no",
    "You do not have to answer. There are five short questions, and you can skip any of them.",
)
HOPES = (
    Question("hopes_why", "Why would you like to take part?", "Why I take part", hint=_NOT_NOW),
    Question("hopes_how", "How would you like to take part?", "How I like to take part", hint=_NOT_NOW),
    Question("hopes_time", "How much time would you like to give?", "How much time", "one", _NOT_NOW),
    Question(
        "hopes_paid",
        "Would you like to be paid for your time?",
        "Being paid",
        "one",
        _NOT_NOW + " You can choose afresh each time.",
    ),
    Question("hopes_help", "What would help you to take part?", "What helps me", hint=_NOT_NOW),
)

ABOUT_ME = (
    NAME,
    Question(
        "known_as",
        "What would you like us to call you?",
        "Known as",
        "text",
        "Leave it blank if your name will do.",
        autocomplete="nickname",
    ),
    Question(
        "phone",
        "What is your phone number?",
        "Phone",
        "text",
        "You do not have to give one.",
        autocomplete="tel",
        inputmode="tel",
    ),
    Question(
        "postal_address",
        "Where can we post letters to you?",
        "Postal address",
        "address",
        "You do not have to give an address. We use it to post things to you, and for nothing else.",
    ),
    AREA,
)
HOW_I_HEAR = (
    Question(
        "channels",
        "How shall we tell you things?",
        "How I hear",
        required="Choose at least one way for us to tell you things",
    ),
    Question("format", "How shall we write to you?", "How messages are written", "one", required="Choose one"),
    Question(
        "discreet",
        "Shall we keep our messages discreet?",
        "Discreet messages",
        "yes-no",
        "Then nothing in them shows what they are about. Good if others may see your email.",
        required="Choose yes or no",
    ),
    Question(
        "opted_out",
        "Are there messages that you do not want?",
        "Messages I do not want",
        hint=_RULE_OUT,
        none_chosen="I want them all",
    ),
    Question(
        "paused",
        "Would you like a break from us?",
        "Taking a break",
        "yes-no",
        "We stop telling you about new things. You can start again whenever you like.",
        required="Choose yes or no",
    ),
)
NOT_FOR_ME = (
    Question(
        "ruled_out_kinds",
        "What kinds of things are not for you?",
        "Not these kinds",
        hint=_RULE_OUT,
        none_chosen="Nothing ruled out",
    ),
    Question(
        "ruled_out_areas",
        "Which areas are not for you?",
        "Not these areas",
        hint=_RULE_OUT,
        none_chosen="Nothing ruled out",
    ),
    Question(
        "ruled_out_times",
        "Which times are not for you?",
        "Not these times",
        hint=_RULE_OUT,
        none_chosen="Nothing ruled out",
    ),
)
NEEDS = (
    Question(
        "access_needs",
        "What do you usually need, so that you can take part?",
        "What I usually need",
        hint="You do not have to answer. We ask again each time you take part. You can say then what else you need.",
        none_chosen="Nothing ticked",
    ),
)

JOINING = (NAME, EMAIL, OVER_18, AREA, THINK, *HOPES)
SECTIONS: dict[str, tuple[Question, ...]] = {
    "About me": ABOUT_ME,
    "How I hear from you": HOW_I_HEAR,
    "What is not for me": NOT_FOR_ME,
    "What I need": NEEDS,
    "What I would like": HOPES,
}
MINE = {question.slug: question for section in SECTIONS.values() for question in section}


def options(question: Question, areas: tuple[str, ...]) -> list[tuple[str, str]]:
    """What may be chosen, as (value, words)."""
    if question.kind == "yes-no":
        return [("yes", "Yes"), ("no", "No")]
    if question.field == "area":
        return [*((area, area) for area in areas), ("", "I would rather not say")]
    if question.field == "ruled_out_areas":
        return [(area, area) for area in areas]
    return list(_offered(question.field).items())


_NOT_OFFERED = {"access_needs": {"other": "Something else (we ask what, each time you take part)"}}
"""Of lists that were taken in before."""


def _offered(field: str) -> Mapping[str, str]:
    return {"channels": CHANNELS, "format": FORMATS, **CHOICES}.get(field, {})


_TYPES: dict[str, Any] = {"text": str, "one": str, "some": list[str], "yes-no": bool}


@cache
def form_of(question: Question) -> type[Form]:
    nothing: dict[str, Any] = {"some": [], "yes-no": False}
    default: Any = ... if question.required else nothing.get(question.kind, "")

    class Asked(Form):
        messages: ClassVar[dict[str, str]] = {question.field: question.required} if question.required else {}

    fields: dict[str, Any] = {question.field: (_TYPES[question.kind], default)}
    return create_model("Asked", __base__=Asked, **fields)


async def answer_to(request: Request, question: Question) -> Any:
    """The answer that was sent. Raises InvalidForm."""
    if question.kind == "address":
        return (await read_form(request, PostalForm)).written()
    return getattr(await read_form(request, form_of(question)), question.field)


def in_words(question: Question, answer: Any, areas: tuple[str, ...]) -> str:
    """An answer as a person would say it."""
    if answer is None or answer == "" or answer == []:
        return question.none_chosen
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    if question.kind == "address":
        return ", ".join(answer.split("\n"))
    words: dict[str, str] = dict(options(question, areas)) | _NOT_OFFERED.get(question.field, {})
    chosen: list[str] = answer if isinstance(answer, list) else [answer]
    return "; ".join(words.get(each, each) for each in chosen)


def typed(question: Question, answer: Any) -> Any:
    """An answer as its field shows it."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if question.kind == "address":
        return address_fields(answer or "")
    if answer is None:
        return [] if question.kind == "some" else None
    return answer


def address_fields(address: str) -> dict[str, str]:
    """What stands in the fields of a postal address. A town has a line of its own; what we hold may have more lines
    than the form has fields."""
    name, lines, postcode = parts_of(address)
    first, second, town = (lines[0] if lines else "", ", ".join(lines[1:-1]), lines[-1] if len(lines) > 1 else "")
    return {"name_on_door": name, "line_1": first, "line_2": second, "town": town, "postcode": postcode}


def areas_of(request: Request) -> tuple[str, ...]:
    return of(request).settings.area_list
