"""PEO-03: from what age people may join, and which agreements they need."""

from shared.reasons import Reason


def reasons_against_age(over_18: bool | None) -> list[Reason]:
    """PEO-03: under-18s take part only with the agreements of the organisation's policy, so they ring us first."""
    if over_18 is None:
        return [Reason("PEO-03", "Tell us if you are 18 or over", field="over_18")]
    if not over_18:
        return [
            Reason(
                "PEO-03",
                "You need to be 18 or over to join here by yourself. Please ring us: there may be another way",
                field="over_18",
            )
        ]
    return []


def reasons_not_to_keep_age(over_18: bool, *, asked_by_staff: bool, agreements_held: bool) -> list[Reason]:
    """PEO-03: people who were added without an age are asked for it. Under 18, staff confirm that we hold the
    agreements of our policy; people answering alone ring us."""
    if over_18 or (asked_by_staff and agreements_held):
        return []
    if asked_by_staff:
        return [
            Reason(
                "PEO-03",
                "Under 18, someone needs the agreements that our policy names. Tick the box when we hold them",
                field="agreements_held",
            )
        ]
    return [
        Reason(
            "PEO-03",
            "Under 18, you can take part once we hold some agreements. Please ring us: we will help",
            field="over_18",
        )
    ]
