"""The outcome of feedback: who hears of it, and what it means for tasks."""

HEARD_ENDINGS = frozenset({"used", "not-used", "thanked", "joined"})


def giver_hears(ending: str) -> bool:
    """FB-04: the giver hears every answer, except for spam and what they withdrew. For a safeguarding concern they hear
    that it was dealt with, and nothing of what it was (FB-09)."""
    return ending in HEARD_ENDINGS


def happening_of_receiving(waiting_for: str, host: str, needs: str = "answer") -> str:
    """FB-02, FB-07, NET-02: what waiting feedback means for tasks. Reopened feedback goes to the reviewer; words for
    another organisation are read here first, and by their giver. Feedback for the host of a listing needs nobody
    here."""
    others = {"review": "feedback-reopened", "release": "feedback-to-release", "agreement": "feedback-to-agree"}
    if needs in others:
        return others[needs]
    return "feedback-with-host" if waiting_for == "provider" and host else "feedback-received"


def happening_to_calls(event: str, ending: str | None, *, dealt_with: bool) -> str:
    """FB-04, FB-09, NOT-08: what this event means for calls about the same item."""
    return "feedback-with-safeguarding-lead" if ending == "safeguarding" and not dealt_with else event
