"""What came of feedback: who hears it, and what it means for tasks."""

HEARD_ENDINGS = frozenset({"used", "not-used", "thanked", "joined"})


def giver_hears(ending: str) -> bool:
    """FB-04: the giver hears every answer. What they withdrew and spam are not answered by message. Nor is
    safeguarding: that it was dealt with is news without a word of what it was (FB-09)."""
    return ending in HEARD_ENDINGS


def happening_of_receiving(waiting_for: str, host: str, needs: str = "answer") -> str:
    """FB-02, FB-07, NET-02: what feedback that waits means for tasks: what was reopened is the reviewer's; words that
    would cross are read here, and by their giver. What the host of a listing was asked to answer needs nobody here."""
    others = {"review": "feedback-reopened", "release": "feedback-to-release", "agreement": "feedback-to-agree"}
    if needs in others:
        return others[needs]
    return "feedback-with-host" if waiting_for == "provider" and host else "feedback-received"
