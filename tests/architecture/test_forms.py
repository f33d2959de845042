"""Every one-line input gives one line, and every textarea paragraphs: in all services."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
from deploy.provisioning.parts import SERVICES
from services.opportunities.writing.pages.items import ITEMS
from shared.web.forms import Form, has_paragraphs

ROOT = Path(services.__path__[0])
TEXTAREA = re.compile(r"""textarea\(\s*["'](\w+)["']""")


def forms_of(service: str) -> Iterator[type[Form]]:
    package = importlib.import_module(f"services.{service}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".pages" in module.name:
            found = vars(importlib.import_module(module.name)).values()
            yield from (
                each for each in found if isinstance(each, type) and issubclass(each, Form) and each is not Form
            )


def textareas_of(service: str) -> set[str]:
    names = {
        name for path in (ROOT / service).rglob("templates/**/*.html") for name in TEXTAREA.findall(path.read_text())
    }
    if service == "opportunities":
        names |= {field.name for item in ITEMS.values() for field in item.fields if field.kind == "textarea"}
    return names


@pytest.mark.parametrize("service", SERVICES)
def test_a_title_never_has_a_line_break_and_a_textarea_keeps_them(service: str) -> None:
    """A field is declared as Paragraphs exactly where a page asks for it in a textarea; every other text is read as one
    line."""
    forms, textareas = list(forms_of(service)), textareas_of(service)
    for form in forms:
        for name, field in form.model_fields.items():
            if field.annotation is str or has_paragraphs(field):
                assert has_paragraphs(field) == ((field.alias or name) in textareas), f"{form.__name__}.{name}"


def test_nothing_that_somebody_types_is_sent_in_an_address() -> None:
    """No personal data in addresses: a form with a box to type in is posted. What is looked for by name is held
    (`shared.web.searches`)."""
    typed = re.compile(r"text_input\(|textarea\(|<textarea|find_by_name\(|type=\"(?:text|search|email|tel)\"")
    for path in [*ROOT.rglob("templates/**/*.html"), *Path("shared/web/templates").rglob("*.html")]:
        for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
            assert 'method="post"' in form.partition(">")[0] or not typed.search(form), path
