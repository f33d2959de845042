"""What must hold for every template, so that none works in its author's browser alone."""

import re
from pathlib import Path

import pytest
from jinja2 import nodes

from shared.web.filters import sentence, within
from shared.web.templating import environment

ROOT = Path(__file__).parents[2]
FOLDERS = [*sorted(ROOT.glob("services/**/templates")), ROOT / "shared/web/templates"]
LAYOUT = ROOT / "shared/web/templates/layout.html"
ALL = [path for folder in FOLDERS for path in sorted(folder.rglob("*.html"))]
PAGES = [path for path in ALL if path == LAYOUT or "<html" not in path.read_text()]
"""The others are mails, whose readers drop style sheets."""


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


PASSKEYS = """<script type="module" src="{{ asset("passkeys.js") }}" nonce="{{ nonce }}"></script>"""
"""A browser alone can ask a device for a passkey; the pages' codes work without it."""


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_it_is_sound_and_only_uses_what_our_security_policy_lets_through(path: Path) -> None:
    text = path.read_text()
    environment(path.parent).compile(text)
    assert not re.search(r"<\w[^>{]*\sstyle=|<style", text), "styles stand in chorus.scss"
    assert not re.search(r"<\w[^>{]*\son[a-z]+=|javascript:", text), "pages work without scripts"
    text = text.replace(PASSKEYS, "") if path.name in ("confirm.html", "passkey.html") else text
    assert path == LAYOUT or "<script" not in text.replace('<script type="application/ld+json">', ""), (
        "the layout's script and the passkeys'; data is none"
    )
    assert not re.search(r'(src|href)="(https?:)?//[^"]+\.(js|css|png|jpg|woff2?)', text), (
        "nothing is loaded from elsewhere"
    )
    assert "|safe" not in text.replace(" ", ""), "what people wrote is never markup"


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_form_macros_are_imported_with_context(path: Path) -> None:
    """They read the page's `problem`; without it no field would show its error."""
    tree = environment(path.parent).parse(path.read_text())
    for found in tree.find_all((nodes.FromImport, nodes.Import)):
        if isinstance(found.template, nodes.Const) and found.template.value == "shared/forms.html":
            assert found.with_context


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_form_posts_or_searches(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*>", path.read_text()):
        assert re.search(r'method="(post|get)"', form), form


_TYPED = re.compile(
    r"\b(?:text_input|money_input|textarea|date_input|select|radios|checkboxes|checkbox|file_upload)\("
    r"|govuk\.(?:input|textarea|select|radios|checkboxes|date_input)\(|<textarea|<select"
    r'|<input(?![^>]*type="(?:hidden|checkbox|radio)")'
)
_NEVER_KEPT = {"services/people/templates/passkey.html"}
"""Under /people/second-step, where codes are typed (`drafts.may_keep`)."""


@pytest.mark.parametrize("path", [path for path in PAGES if named(path) not in _NEVER_KEPT], ids=named)
def test_every_form_says_its_labels_so_that_what_is_kept_of_it_is_shown_by_them(path: Path) -> None:
    """`question` does, or a button that is given the form's fields. What somebody only ticked is not shown."""
    for form in re.findall(r'<form\b[^>]*method="post".*?</form>', path.read_text(), re.S):
        assert not _TYPED.search(form) or re.search(r"\bfields=|said_by", form), form[:200]


@pytest.mark.parametrize(
    ("label", "inside"),
    [
        ("How I hear", "how I hear"),
        ("I want", "I want"),
        ("BSL or signing", "BSL or signing"),
        ("Email", "email"),
        ("", ""),
    ],
)
def test_a_label_within_a_sentence_keeps_its_i_and_its_initials(label: str, inside: str) -> None:
    assert within(label) == inside


@pytest.mark.parametrize("text", ["Tell us which bank", "Tell us which bank.", "Tell us which bank. "])
def test_a_reason_ends_with_one_full_stop(text: str) -> None:
    assert sentence(text) == "Tell us which bank."
