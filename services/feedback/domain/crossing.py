"""Words for another organisation: the giver and somebody here read exactly those words, and agree (NET-02)."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from services.feedback.domain.facts import LONGEST_WORDS, Item
from services.feedback.domain.network import readable
from shared.personal import personal_details_in
from shared.reasons import Reason

NOT_THE_WORDS_READ = Reason(
    "NET-02", "Your words are not the ones you have read here. Please read them once more, then choose.", "may_cross"
)
WORDS_CHANGED = Reason("NET-02", "The words have changed since you read them. Please read them again.")


def seal_of(words: str) -> str:
    """Stands in a form for the words that it showed, so that nobody agrees to words that they did not read."""
    return hashlib.sha256(words.encode()).hexdigest()


def reasons_not_to_send_draft(answers: Mapping[str, Any]) -> list[Reason]:
    """FB-01: a question was not answered. NET-02: another organisation may read only words that the giver has just
    read."""
    if not {"about", "words", "may_show", "hear_by"} <= set(answers):
        return [Reason("FB-01", "Some questions have no answer yet. Start again and answer each in turn.")]
    if answers.get("host") and answers.get("may_cross") is None:
        return [Reason("NET-02", "Choose whether the organisation that ran it may read it.")]
    if answers.get("may_cross") and answers.get("agreed_to") != seal_of(readable(answers["words"])):
        return [
            Reason(
                "NET-02",
                "Your words have changed since you said that they may be read elsewhere. Please read them once more.",
            )
        ]
    return []


def reasons_not_to_agree(words: str, seen: str, names: Iterable[str]) -> list[Reason]:
    """NET-02: the giver agrees to exactly these words. seen: the seal of those on the page; names: what we call the
    giver."""
    if seen != seal_of(words):
        return [WORDS_CHANGED]
    return _reasons_about(words, names, "words")


def reasons_not_to_release(
    item: Item, words: str, seen: str, names: Iterable[str], *, agreed: bool, checked: bool, by: UUID
) -> list[Reason]:
    """NET-02: somebody here, who is not the giver, has read exactly the words that the giver agreed to, and made sure
    that nobody else is named in them, or that those who are named agree."""
    if not item.waiting:
        return [Reason("NET-02", "This has already ended, so nothing crosses any more.")]
    if item.giver_id == by:
        return [Reason("NET-02", "You gave this feedback yourself. Someone else must read it before it crosses.")]
    if not agreed:
        return [Reason("NET-02", "Its giver has not agreed to these words yet.")]
    if seen != seal_of(words):
        return [WORDS_CHANGED]
    reasons = _reasons_about(words, names, "words")
    if not checked:
        reasons.append(Reason("NET-02", "Confirm that nobody else is named, or that they agreed to it.", "checked"))
    return reasons


def reasons_not_to_change_words(
    item: Item, before: str, words: str, names: Iterable[str], *, by: UUID | None
) -> list[Reason]:
    """NET-02: the words may be changed until any have crossed. by: None for the giver."""
    if not item.waiting:
        return [Reason("NET-02", "This has already ended, so nothing crosses any more.")]
    if by is not None and item.giver_id == by:
        return [Reason("NET-02", "You gave this feedback yourself. Change your words on your own page.")]
    if not words.strip():
        return [Reason("NET-02", "Write the words that may cross.", "words")]
    if len(words) > LONGEST_WORDS:
        return [Reason("NET-02", f"Use {LONGEST_WORDS:,} characters or fewer.", "words")]
    if words == before:
        return [Reason("NET-02", "These are the same words. Change them first.", "words")]
    return _reasons_about(words, names, "words")


def _reasons_about(words: str, names: Iterable[str], field: str) -> list[Reason]:
    found = personal_details_in(words, names)
    return (
        [Reason("NET-02", f"Take out {' and '.join(found)} first. Nobody elsewhere must see who someone is.", field)]
        if found
        else []
    )
