"""What was promised to somebody who needs it no more (OPP-07)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.opportunities.places.queries.people import unanswered_needs
from services.opportunities.places.use_cases import bookings, needs
from services.opportunities.places.use_cases.taking import leave_place, take_place
from services.opportunities.publishing.use_cases import changing
from services.opportunities.words.domain import Policy
from shared.reasons import Missing, Refused
from tests.opportunities.series import POLICY, booked
from tests.opportunities.support import World, someone


async def test_opp_07_what_was_promised_is_on_a_list_of_what_to_cancel_until_somebody_ticks_it_off(here: World):
    opportunity_id = await here.published()
    place_id = await here.do(take_place, opportunity_id, someone(), ["interpreter", "breaks"], "")
    interpreter = next(need for need in await here.do(needs.read_needs, opportunity_id) if need.need == "interpreter")
    await here.do(needs.answer_need, opportunity_id, interpreter.id, "promised", "")
    await here.do(changing.cancel, opportunity_id, "The room flooded.")
    (booking,) = await here.do(bookings.read_bookings, opportunity_id)
    assert (booking.need, booking.place_id) == ("interpreter", place_id)
    assert len(await here.steps("needs-read")) == 2
    for _ in range(2):
        await here.do(bookings.tick_off, opportunity_id, booking.id)
    assert await here.do(bookings.read_bookings, opportunity_id) == []
    assert len(await here.steps("booking-cancelled")) == 1
    with pytest.raises(DBAPIError, match="never changed"):  # who cancelled it stands
        await here.do(lambda tx: tx.execute(text("UPDATE bookings_to_cancel SET done_at = NULL")))
    with pytest.raises(Missing):
        await here.do(bookings.tick_off, await here.published(), booking.id)


async def test_opp_07_what_was_ready_is_to_be_cancelled_when_one_leaves_or_unticks_it_but_not_after_the_end(
    here: World,
):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(take_place, opportunity_id, whom, ["interpreter", "large-print"], "A signer who knows me")
    for need in await here.do(needs.read_needs, opportunity_id):
        await here.do(needs.answer_need, opportunity_id, need.id, "promised", "")
        await here.do(needs.answer_need, opportunity_id, need.id, "met", "")
    await here.do(needs.change_needs, place_id, whom, ["interpreter"], "Anyone")
    assert [(row["need"], row["words"]) for row in await booked(here)] == [
        ("large-print", ""),
        ("other", "A signer who knows me"),
    ]
    await here.do(leave_place, place_id, whom, POLICY)
    assert {row["need"] for row in await booked(here)} == {"large-print", "other", "interpreter"}
    over, late = await here.published(in_days=1, notice_reason="We heard today."), someone()
    late_place = await here.do(take_place, over, late, ["breaks"], "")
    (need,) = await here.do(needs.read_needs, over)
    await here.do(needs.answer_need, over, need.id, "met", "")
    here.move(days=2)
    await here.do(leave_place, late_place, late, POLICY)
    assert len(await booked(here)) == 3


async def test_opp_07_words_beside_a_ticked_need_are_a_need_of_their_own(here: World):
    opportunity_id, whom = await here.published(), someone()
    place_id = await here.do(take_place, opportunity_id, whom, ["large-print"], "")
    (print_,) = await here.do(needs.read_needs, opportunity_id)
    await here.do(needs.answer_need, opportunity_id, print_.id, "promised", "")
    await here.do(needs.change_needs, place_id, whom, ["large-print"], "I need a BSL interpreter")
    rows = await here.dicts("SELECT need, state FROM needs ORDER BY need")
    assert rows == [{"need": "large-print", "state": "promised"}, {"need": "other", "state": "asked"}]
    found = await here.read(unanswered_needs, Policy(needs_warning_days=60), [opportunity_id])
    assert found == {opportunity_id: 1}


async def test_opp_07_something_else_without_words_is_refused_in_words(here: World):
    opportunity_id, whom = await here.published(), someone()
    with pytest.raises(Refused) as refused:
        await here.do(take_place, opportunity_id, whom, ["other"], "  ")
    assert [reason.field for reason in refused.value.reasons] == ["words"]
    place_id = await here.do(take_place, opportunity_id, whom, [], "")
    with pytest.raises(Refused):
        await here.do(needs.change_needs, place_id, whom, ["other", "breaks"], "")
    assert await here.dicts("SELECT id FROM needs") == []
