"""Guests' places when their home organisation is removed (NET-02)."""

from services.opportunities.places.domain.guests import place_after_removal


def test_net_02_a_place_ends_with_the_home_unless_nothing_is_left_to_start():
    assert [place_after_removal(state, True) for state in ("waiting", "offered", "taken")] == ["left"] * 3
    assert [place_after_removal(state, False) for state in ("waiting", "offered", "taken")] == ["left", "left", "taken"]
    for state in ("left", "lapsed", "cancelled"):
        assert place_after_removal(state, True) == state
