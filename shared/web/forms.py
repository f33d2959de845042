"""Reading what a browser sends: one Form per question, a plain sentence for everything that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, TypeVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from shared.db import kept_unread
from shared.text import as_decimals, has_hidden, one_line, tidy
from shared.web.inputs import note_inputs
from shared.web.kept import KEPT_FIELD, kept_sentence
from shared.web.problems import InvalidForm
from shared.web.saying import SAID_FIELD, read_said

MOST_FILES = 10
MOST_FIELDS = 500
LONGEST_TEXT = 20_000  # characters in one field

_THOUSANDS = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?")

PARAGRAPHS: Final = AfterValidator(tidy)
Paragraphs = Annotated[str, PARAGRAPHS]
"""Text that may have line breaks: what a textarea asks for. Every other text is one line."""
Line = Annotated[str, AfterValidator(one_line)]
"""One line, tidied, for text that comes without a form: in a JSON body or a query string."""


def has_paragraphs(field: FieldInfo) -> bool:
    return PARAGRAPHS in field.metadata


class Form(BaseModel):
    """What one form asks. A blank answer is no answer: the field's default applies, or it is missing.

    messages has the sentence for a wrong field ("miles") or for one kind of fault ("miles.missing", with pydantic's
    names of faults). A validator's ValueError is shown as it is, so write it for the person. A list takes repeated
    names (checkboxes); a date takes one field or "name-day", "name-month", "name-year".
    """

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)
    messages: ClassVar[dict[str, str]] = {}
    never_kept: ClassVar[bool] = False
    """Whether nothing typed may outlive the answer, as for bank details (shared.web.answers)."""


F = TypeVar("F", bound=Form)


async def read_form(request: Request, form: type[F]) -> F:
    """The form as sent, urlencoded or multipart. Raises InvalidForm, with what was typed, if anything is wrong."""
    sent = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    await note_inputs(request, sent)
    answers, typed, errors = _answers(sent, form)
    typed = _rows(sent, form, typed)
    request.state.typed = typed
    request.state.never_kept = form.never_kept
    if KEPT_FIELD in sent:
        kept_unread.set(False)  # it is shown now, and reading it for that may be recorded
        raise InvalidForm({"": kept_sentence(read_said(str(sent.get(SAID_FIELD, ""))), typed.values())}, typed)
    try:
        read = form.model_validate(answers)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0]) if fault["loc"] else ""
            errors.setdefault(name, _sentence(form, name, fault))
    else:
        if not errors:
            return read
    raise InvalidForm(_in_order(errors, form), typed)


def _answers(sent: FormData, form: type[Form]) -> tuple[dict[str, Any], dict[str, str | list[str]], dict[str, str]]:
    """What each field was given, what was typed (to show it again), and what no field may hold."""
    answers: dict[str, Any] = {}
    typed: dict[str, str | list[str]] = {}
    errors: dict[str, str] = {}
    for name, field in form.model_fields.items():
        name = field.alias or name
        if _takes(field.annotation, date):
            _read_date(sent, name, answers, typed, errors)
            continue
        clean = tidy if has_paragraphs(field) else one_line
        texts = [clean(value) for value in sent.getlist(name) if isinstance(value, str)]
        files = [value for value in sent.getlist(name) if isinstance(value, UploadFile) and value.filename]
        if fault := next(filter(None, map(_unusable, texts)), None):
            errors[name] = fault
        given: list[Any] = [text for text in texts if text] + files
        if _takes(field.annotation, list, set, frozenset, tuple):
            typed[name] = texts
            if given:
                answers[name] = given
        else:
            typed[name] = texts[-1] if texts else ""
            if given:
                answers[name] = _number(given[-1]) if _takes(field.annotation, int, Decimal, float) else given[-1]
    return answers, typed, errors


def _rows(sent: FormData, form: type[Form], typed: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """typed, and what was typed in fields that the page itself names ("minutes-<line>"), to show those again, too."""
    if form.never_kept:
        return typed
    rows: dict[str, str | list[str]] = {}
    for name in sent:
        texts = [tidy(value) for value in sent.getlist(name) if isinstance(value, str)]
        if texts and name != KEPT_FIELD:
            rows[name] = texts if len(texts) > 1 else texts[0]
    return rows | typed


def _read_date(
    sent: FormData, name: str, answers: dict[str, Any], typed: dict[str, str | list[str]], errors: dict[str, str]
) -> None:
    whole = sent.get(name)
    if isinstance(whole, str) and one_line(whole):
        answers[name] = typed[name] = one_line(whole)
        return
    parts: dict[str, str] = {}
    for part in ("day", "month", "year"):
        value = sent.get(f"{name}-{part}")
        typed[f"{name}-{part}"] = said = one_line(value) if isinstance(value, str) else ""
        parts[part] = as_decimals(said)
    if not any(parts.values()):
        return
    missing = [part for part, value in parts.items() if not value]
    if missing:
        errors[name] = f"The date must include a {' and a '.join(missing)}"
    else:
        found = date_of_parts(parts)
        if found is None:
            short = parts["year"].isdecimal() and len(parts["year"]) < 4
            errors[name] = (
                "Write the year with four digits" if short else "Enter a real date: the day, the month and the year"
            )
            return
        answers[name] = found


def date_of_parts(parts: Mapping[str, str]) -> date | None:
    """day, month and year as typed -> the date, or None when there is no such day. The year needs its four digits."""
    try:
        numbers = [
            int(parts[part]) for part in ("year", "month", "day") if parts[part].isascii() and parts[part].isdigit()
        ]
        return date(*numbers) if len(numbers) == 3 and len(parts["year"]) == 4 else None
    except (ValueError, OverflowError):  # OverflowError: a day of thirty digits
        return None


def _number(given: Any) -> Any:
    """ "1 200" is 1200: spreadsheets and phones separate thousands with spaces of many kinds, which are plain ones by
    now."""
    return given.replace(" ", "") if isinstance(given, str) and _THOUSANDS.fullmatch(given) else given


def _unusable(text: str) -> str | None:
    if len(text) > LONGEST_TEXT:
        return f"This is too long. Use {LONGEST_TEXT:,} characters or fewer"
    if has_hidden(text):
        return "This has a hidden character in it that we cannot use. Type it again, without pasting"
    return None


def _takes(annotation: Any, *types: type) -> bool:
    """Whether a field is of one of these types, including "date | None" and list[str]."""
    if annotation in types or get_origin(annotation) in types:
        return True
    is_collection = isinstance(get_origin(annotation), type) and issubclass(
        get_origin(annotation), (Sequence, set, frozenset)
    )
    return not is_collection and any(_takes(inner, *types) for inner in get_args(annotation))


def _sentence(form: type[Form], name: str, fault: ErrorDetails) -> str:
    context = fault.get("ctx", {})
    kind = fault["type"]
    if special := form.messages.get(f"{name}.{kind}"):
        return special
    if kind == "value_error":
        return str(context["error"])
    if kind in _OF_LENGTH:
        return _SENTENCES[kind].format(**context)
    if general := form.messages.get(name):
        return general
    template = _SENTENCES.get(kind)
    return template.format(**context) if template else "Check this answer: we cannot use it as it is"


_OF_LENGTH = frozenset({"string_too_long", "bytes_too_long", "too_long"})
"""Whoever wrote too much is told how much they may write: "Enter a name" would not tell them what is wrong."""
_SENTENCES = {
    "missing": "Answer this question",
    "string_too_long": "This is too long. Use {max_length} characters or fewer",
    "string_too_short": "This is too short. Use {min_length} characters or more",
    "too_short": "Choose at least {min_length}",
    "too_long": "Choose {max_length} or fewer",
    "int_parsing": "Enter a whole number, like 12",
    "int_from_float": "Enter a whole number, like 12",
    "decimal_parsing": "Enter a number, like 12 or 12.5",
    "float_parsing": "Enter a number, like 12 or 12.5",
    "finite_number": "Enter a number, like 12 or 12.5",
    "greater_than": "Enter a number above {gt}",
    "greater_than_equal": "Enter {ge} or more",
    "less_than": "Enter a number below {lt}",
    "less_than_equal": "Enter {le} or less",
    "decimal_max_places": "Use {decimal_places} decimal places or fewer",
    "decimal_max_digits": "Enter a smaller number",
    "literal_error": "Choose one of the answers",
    "enum": "Choose one of the answers",
    "bool_parsing": "Choose one of the answers",
    "date_parsing": "Enter a real date: the day, the month and the year",
    "date_from_datetime_parsing": "Enter a real date: the day, the month and the year",
    "time_parsing": "Enter a time, like 10:30",
    "uuid_parsing": "Choose one of the answers",
}


def _in_order(errors: dict[str, str], form: type[Form]) -> dict[str, str]:
    """In the order of the questions on the page."""
    names = [field.alias or name for name, field in form.model_fields.items()]
    return {name: errors[name] for name in [*names, *errors] if name in errors}
