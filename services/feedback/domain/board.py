"""The public board "We said, we did" (FB-06)."""

from collections.abc import Iterable

from services.feedback.domain.facts import ANSWERS, LONGEST_ANSWER, Ending
from shared.personal import personal_details_in
from shared.reasons import Reason


def shown_on_board(ending: Ending | None, *, may_show: bool, wording_checked: bool) -> bool:
    """FB-06: answered, with the giver's consent, in a wording that staff checked for personal details."""
    return ending in ANSWERS and may_show and wording_checked


def reasons_not_to_publish(
    said: str, text: str, *, headings: Iterable[str], checked: bool, anyone_agreed: bool, names: Iterable[str]
) -> list[Reason]:
    """FB-06: why this wording may not go on the public board.

    said: what people told us; text: our answer; headings: what it is about, as its givers wrote it; names: of its
    givers."""
    if not anyone_agreed:
        return [
            Reason(
                "FB-06",
                "Nobody who said this has agreed to it being shown. Leave the wording for the board empty.",
                "said",
            )
        ]
    reasons = []
    if not said.strip():
        reasons.append(Reason("FB-06", "Write what people told us, for the board.", "said"))
    if len(said) > LONGEST_ANSWER:
        reasons.append(Reason("FB-06", f"Use {LONGEST_ANSWER:,} characters or fewer.", "said"))
    names = tuple(names)
    for field, words in (("said", said), ("text", text)):
        found = personal_details_in(words, names)
        if found:
            reasons.append(
                Reason("FB-06", f"Take out {' and '.join(found)}. The board shows nothing about who someone is.", field)
            )
    if any(personal_details_in(heading, names) for heading in headings):
        reasons.append(
            Reason(
                "FB-06",
                "The name of what this is about shows who someone is. Open the feedback and correct the name first.",
                "said",
            )
        )
    if not checked:
        reasons.append(
            Reason(
                "FB-06",
                "Confirm that you have read the wording and that it shows nothing about who someone is.",
                "checked",
            )
        )
    return reasons
