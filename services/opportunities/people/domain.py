"""The rules of who may take part at all (PEO-03)."""

from shared.reasons import Reason


def reasons_not_to_take_part_before_age(age_known: bool | None) -> list[Reason]:
    """PEO-03: people who were added without an age are asked before they take part. None: `people` has not told us, so
    do not ask now."""
    if age_known:
        return []
    if age_must_be_asked(age_known):
        return [
            Reason("PEO-03", "Tell us first if you are 18 or over. The question is in My details, at /people/me/age.")
        ]
    return [
        Reason("PEO-03", "We cannot look at what we know of you. Try again in a minute. What you wrote is still here.")
    ]


def age_must_be_asked(age_known: bool | None) -> bool:
    """PEO-03: whether `people` knows that there is no answer yet. If it did not tell us, we look it up again and do not
    ask the person."""
    return age_known is False
