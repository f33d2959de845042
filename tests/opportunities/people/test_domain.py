"""The rules of who may take part at all, one sentence each (PEO-03)."""

from services.opportunities.people import domain


def test_peo_03_whoever_has_not_said_is_asked_and_of_whom_we_are_not_told_is_not_let_in_now() -> None:
    [asked] = domain.reasons_not_to_take_part_before_age(False)
    [later] = domain.reasons_not_to_take_part_before_age(None)
    assert (asked.rule, later.rule) == ("PEO-03", "PEO-03")
    assert later.text.startswith("We cannot look at what we know of you. Try again in a minute.")
    assert domain.reasons_not_to_take_part_before_age(True) == []
