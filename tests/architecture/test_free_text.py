"""FB-09: beside every box in which people write to us stands who reads it, and the way to tell of a worry."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BOX = re.compile(r"\{\{\s*textarea\(|<textarea|govuk\.textarea")
_WAY = re.compile(r"who_reads_this\(|if_worried\(|read_by_us\(")

STAFF_WRITE = {
    *(f"services/feedback/templates/staff/{name}.html" for name in ("answer", "concern", "concern_form", "release")),
    *(f"services/feedback/templates/staff/{name}.html" for name in ("spam", "wording")),
    *(f"services/opportunities/ending/templates/{name}.html" for name in ("close", "outcome")),
    *(f"services/opportunities/publishing/templates/{name}.html" for name in ("add-session", "cancel", "change")),
    "services/opportunities/publishing/templates/change-closing.html",
    "services/opportunities/publishing/templates/cancel-session.html",
    "services/opportunities/publishing/templates/change-session.html",
    "services/opportunities/places/templates/staff-need.html",
    "services/opportunities/questions/templates/staff-question.html",
    "services/opportunities/questions/templates/staff-show.html",
    "services/opportunities/sharing/templates/take-off.html",
    "services/opportunities/writing/templates/closing-day.html",
    "services/opportunities/writing/templates/item.html",
    "services/payments/approving/templates/approve.html",
    "services/payments/approving/templates/withdraw.html",
}
IS_THE_WAY = {"services/feedback/templates/worry.html", "shared/web/templates/forms.html"}


def _with_boxes() -> set[str]:
    pages = [path for top in ("services", "shared") for path in (ROOT / top).rglob("templates/**/*.html")]
    return {str(path.relative_to(ROOT)) for path in pages if _BOX.search(path.read_text())}


def test_fb_09_beside_every_box_that_people_write_in_stands_the_way_to_tell_of_a_worry():
    theirs = _with_boxes() - STAFF_WRITE - IS_THE_WAY
    assert {path for path in theirs if not _WAY.search((ROOT / path).read_text())} == set()
    assert {"services/opportunities/questions/templates/ask.html", "services/payments/claims/templates/miles.html"} < (
        theirs
    )


def test_fb_09_pages_of_staff_that_are_named_here_are_there():
    assert _with_boxes() >= STAFF_WRITE | IS_THE_WAY


def test_fb_09_staff_raise_a_concern_from_each_page_where_they_read_what_people_wrote():
    read = {
        "services/opportunities/questions/templates/staff-question.html",
        "services/opportunities/questions/templates/staff-show.html",
        "services/opportunities/places/templates/staff-need.html",
        "services/opportunities/places/templates/staff-needs.html",
        "services/payments/approving/templates/approve.html",
    }
    assert {path for path in read if "worried_by_this(" not in (ROOT / path).read_text()} == set()
