"""The Jinja environments: a strict one for our templates, and govuk-frontend's macros, which rely on undefined being
empty."""

import re
from functools import cache
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import govuk_frontend_jinja
from jinja2 import BytecodeCache, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.bccache import Bucket

from shared.web.filters import FILTERS
from shared.web.helping import Theirs
from shared.web.problems import Problem
from shared.web.statics import asset

_COMPONENTS = [
    "back-link",
    "button",
    "checkboxes",
    "date-input",
    "details",
    "error-summary",
    "fieldset",
    "file-upload",
    "generic-header",
    "input",
    "inset-text",
    "label",
    "notification-banner",
    "panel",
    "radios",
    "select",
    "service-navigation",
    "skip-link",
    "summary-list",
    "table",
    "tag",
    "task-list",
    "textarea",
    "warning-text",
]


class _Compiled(BytecodeCache):
    """What one app of this process has compiled, the next need not: tests make thousands, and all share these
    templates."""

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._codes.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key] = bucket.checksum, bucket.code


_COMPILED = _Compiled()


ASK_US = re.compile(r"\b(ring|ask|phone|call|contact|talk to|talk with|reach) us\b", re.IGNORECASE)
"""Words that tell somebody to contact us: the same page says how."""


@cache
def design_system() -> SimpleNamespace:
    """govuk.date_input({...}) and so on: those macros of govuk-frontend-jinja for which our stylesheet has styles."""
    folder = Path(govuk_frontend_jinja.__file__).parent / "templates"
    environment = Environment(loader=PrefixLoader({"govuk_frontend_jinja": FileSystemLoader(folder)}), autoescape=True)
    macros = {}
    for component in _COMPONENTS:
        module = environment.get_template(f"govuk_frontend_jinja/components/{component}/macro.html").module
        macros[component.replace("-", "_")] = getattr(module, "govuk" + component.title().replace("-", ""))
    return SimpleNamespace(**macros)


def environment(templates: Path) -> Environment:
    """For one service: its own templates by their name, those of its features (`<feature>/templates` beside them) as
    "<feature>/...", the shared ones as "shared/...". An undefined name is an error."""
    folders = {folder.parent.name: folder for folder in templates.parent.glob("*/templates")} | {
        "shared": Path(__file__).parent / "templates"
    }
    loader = ChoiceLoader(
        [
            PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items()}),
            FileSystemLoader(templates),
        ]
    )
    env = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
        extensions=[Theirs],
    )
    env.filters.update(FILTERS, summary=_summary, says_ask_us=_says_ask_us)
    ours: dict[str, Any] = {"govuk": design_system(), "asset": asset}
    env.globals.update(ours)
    return env


def _says_ask_us(problem: Problem) -> bool:
    """Whether the problem says to ring or ask us: then the page says how."""
    return any(ASK_US.search(fault.text) for fault in problem.faults)


def _summary(problem: Problem) -> list[dict[str, str]]:
    """The error summary's items: each links to its field."""
    return [{"text": fault.text} | ({"href": f"#{fault.field}"} if fault.field else {}) for fault in problem.faults]
