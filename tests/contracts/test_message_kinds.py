"""What notifications lets people switch off is what people offers to switch off."""

from services.notifications.domain.messages import Kind, may_opt_out
from services.people.domain.choices import MESSAGE_KINDS


def test_not_02_people_are_offered_to_switch_off_what_can_be_and_nothing_else():
    assert list(MESSAGE_KINDS) == [kind.value for kind in Kind if may_opt_out(kind)]
