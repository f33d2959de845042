"""The rules of who may take part at all (PEO-03)."""

from shared.reasons import Reason


def reasons_not_to_take_part_before_age(age_known: bool | None) -> list[Reason]:
    """PEO-03: who came in without an age is asked before they take part. None: people have not told us, so it is not
    now."""
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
    """PEO-03: whether people know that there is no answer yet. What they did not tell us is looked up again, not asked
    again."""
    return age_known is False
