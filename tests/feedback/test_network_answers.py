"""The host's answer to feedback comes home, and what holds while the host is asked (NET-02)."""

from typing import Any

import pytest

from services.feedback.domain.network import NO_WORDS
from services.feedback.queries.given import endings_of
from services.feedback.use_cases import answering, giver, safeguarding
from shared.db import Actor, new_id
from shared.events import network
from shared.events.network import OrganisationRemoved, local_id, organisation_id
from shared.messaging.handling import Unfit
from shared.reasons import Refused
from tests.feedback.network import bring, carry
from tests.feedback.region import LEAD, STAFF, Region
from tests.feedback.support import WORDS
from tests.feedback.test_whom_it_is_about import words

# The answer comes home


@pytest.mark.parametrize("ending", ["used", "not-used", "thanked"])
async def test_fb_04_the_hosts_answer_ends_it_at_home_and_the_giver_hears_in_their_channel(region: Region, ending: str):
    person = new_id()
    item_id = await region.give(actor=Actor("person", person))
    await region.crosses()
    await region.sun_answers(item_id, ending=ending)
    await region.crosses()
    item = await region.viewpoint.item(item_id)
    assert item.ending == ending
    [closed] = await region.viewpoint.events("feedback-closed")
    assert (closed["ending"], closed["hear_by"], closed["giver"]["id"]) == (ending, "email", str(person))
    shown = (await region.viewpoint.visitor("participant", person_id=person).get(f"/feedback/mine/{item_id}")).text
    assert "SUN answered" in shown and "We bought a fan." in shown


async def test_fb_04_an_anonymous_giver_finds_the_hosts_answer_with_their_code(region: Region):
    item_id = await region.give(named=False)
    await region.crosses()
    await region.sun_answers(item_id)
    await region.crosses()
    [closed] = await region.viewpoint.events("feedback-closed")
    assert (closed["giver"], closed["hear_by"], closed["ending"]) == (None, "code", "used")


async def test_fb_02_spam_at_the_host_is_spam_at_home_with_its_reason(region: Region):
    item_id = await region.give()
    await region.crosses()
    await region.sun.do(answering.call_spam, local_id("viewpoint", item_id), "An advertisement.", by=STAFF)
    await region.crosses()
    assert (await region.viewpoint.item(item_id)).ending == "spam"
    ended = await region.viewpoint.read(endings_of, item_id)
    assert [each.text for each in ended] == ["An advertisement."]


async def test_fb_09_a_concern_at_the_host_is_told_without_a_word_and_goes_to_our_own_lead(region: Region):
    item_id = await region.give()
    await region.crosses()
    work = lambda tx: safeguarding.raise_concern(  # noqa: E731
        tx, local_id("viewpoint", item_id), why="SECRET WORRY", about=[], hours=24
    )
    await region.sun.do(work, by=STAFF)
    await region.crosses()
    assert region.viewpoint.letters["guest-feedback-answered"]["sun", item_id]["content"] == {"answer": ""}
    assert (await region.viewpoint.item(item_id)).ending == "safeguarding"
    [concern] = await region.viewpoint.rows("SELECT * FROM concerns")
    assert concern.raised_by == organisation_id("sun") and "SUN" in concern.why
    shown = await region.viewpoint.visitor("finance", person_id=LEAD).get(
        f"/feedback/staff/safeguarding/{concern.concern_id}"
    )
    assert WORDS in shown.text and "SECRET" not in shown.text and "SUN" in shown.text


async def test_fb_09_net_02_each_side_of_a_guests_concern_reads_the_others_duty_number(
    region: Region, monkeypatch: pytest.MonkeyPatch
):
    giver = new_id()
    item_id = await region.give(actor=Actor("person", giver))
    await region.crosses()
    work = lambda tx: safeguarding.raise_concern(  # noqa: E731
        tx, local_id("viewpoint", item_id), why="Worrying.", about=[], hours=24
    )
    await region.sun.do(work, by=STAFF)
    await region.crosses()
    numbers = {"sun": "07700 900100", "viewpoint": "07700 900101"}

    async def held(subject: str, question: dict[str, Any]) -> dict[str, Any]:
        if subject == "opportunities.duty-number.feedback":
            return {"number": numbers[question["organisation"]]}
        assert (subject, question["person_ids"]) in (
            ("people.addresses.feedback", [str(giver)]),
            ("people.addresses.feedback", [str(STAFF.id)]),
        ), "no organisation is looked up as a person"
        return {"addresses": {}}

    for here, shown in (
        (region.viewpoint, "Raised by SUN: 07700 900100"),
        (region.sun, "Written by A guest from viewpoint: 07700 900101"),
    ):
        lead = here.visitor("finance", person_id=LEAD)
        concern = f"/feedback/staff/safeguarding/{await here.value('SELECT concern_id FROM concerns')}"
        assert f"{concern}/reach" in (await lead.get(concern)).text
        with monkeypatch.context() as patched:
            patched.setattr(here.service, "requests", held)
            page = (await lead.get(f"{concern}/reach")).text
        assert "07700 900" in page and 'href="tel:' in page and shown in words(page)
        assert "could not look up its duty number just now" in words((await lead.get(f"{concern}/reach")).text)


async def test_fb_09_a_concern_comes_home_also_after_an_answer_did(region: Region):
    item_id = await region.give()
    await region.crosses()
    await region.sun_answers(item_id)
    await region.crosses()
    work = lambda tx: safeguarding.raise_concern(  # noqa: E731
        tx, local_id("viewpoint", item_id), why="Worrying.", about=[], hours=24
    )
    await region.sun.do(work, by=STAFF)
    await region.crosses()
    assert (await region.viewpoint.item(item_id)).ending == "safeguarding"


async def test_fb_05_what_the_host_joined_hears_the_answer_to_the_other_and_nothing_before(region: Region):
    joined, speaker = await region.give(), await region.give()
    await region.crosses()
    ids = local_id("viewpoint", joined), local_id("viewpoint", speaker)
    await region.sun.do(answering.join, *ids, by=STAFF)
    await region.crosses()
    assert (await region.viewpoint.item(joined)).ending is None
    await region.sun_answers(speaker)
    await region.crosses()
    assert [(await region.viewpoint.item(each)).ending for each in (joined, speaker)] == ["used", "used"]
    assert await region.viewpoint.value("SELECT count(*) FROM responses WHERE text = 'We bought a fan.'") == 2


async def test_fb_05_what_is_joined_to_an_answered_item_hears_that_answer_at_once(region: Region):
    joined, speaker = await region.give(), await region.give()
    await region.crosses()
    await region.sun_answers(speaker)
    ids = local_id("viewpoint", joined), local_id("viewpoint", speaker)
    await region.sun.do(answering.join, *ids, by=STAFF)
    await region.crosses()
    assert (await region.viewpoint.item(joined)).ending == "used"


async def test_net_04_only_the_host_that_was_asked_can_answer(region: Region):
    item_id, ours = await region.give(), await region.give(may_cross=False)
    await region.crosses()
    await region.sun_answers(item_id)
    [answered] = await carry(region.sun, region.viewpoint)
    letters = region.viewpoint.letters["guest-feedback-answered"]
    for event in (answered.model_copy(update={"origin": "suf"}), answered.model_copy(update={"item_id": ours})):
        letters[event.origin, event.item_id] = {"version": 9, "content": {"answer": "Forged."}}
        with pytest.raises(Unfit, match="NET-02"):
            await region.viewpoint.hear(event)
    unknown = answered.model_copy(update={"item_id": new_id()})
    letters["sun", unknown.item_id] = {"version": 9, "content": {"answer": "Forged."}}
    with pytest.raises(Unfit, match="no such feedback"):
        await region.viewpoint.hear(unknown)
    assert await region.viewpoint.rows("SELECT 1 FROM endings") == []


async def test_fb_02_a_later_answer_takes_the_place_of_an_earlier_one_and_never_the_other_way(region: Region):
    item_id = await region.give()
    letter = {"version": 9, "content": {"answer": "We did not."}}
    first = network.GuestFeedbackAnswered(version=2, to="viewpoint", item_id=item_id, ending="not-used", origin="sun")
    later = first.model_copy(update={"version": 3, "ending": "used"})
    region.viewpoint.letters["guest-feedback-answered"] = {("sun", item_id): letter}
    await region.viewpoint.hear(first, first)
    assert (await region.viewpoint.item(item_id)).ending == "not-used"
    await region.viewpoint.hear(later, first, later)
    assert (await region.viewpoint.item(item_id)).ending == "used"
    assert len(await region.viewpoint.events("feedback-closed")) == 2


@pytest.mark.parametrize("ending", ["joined", "withdrawn"])
async def test_fb_02_a_host_can_neither_join_nor_take_back_what_is_ours(region: Region, ending: Any):
    item_id = await region.give()
    region.viewpoint.letters["guest-feedback-answered"] = {("sun", item_id): {"version": 9, "content": {"answer": ""}}}
    await region.viewpoint.hear(
        network.GuestFeedbackAnswered(version=2, to="viewpoint", item_id=item_id, ending=ending, origin="sun")
    )
    assert (await region.viewpoint.item(item_id)).ending is None


async def test_fb_04_an_answer_without_words_says_so(region: Region):
    item_id = await region.give()
    region.viewpoint.letters["guest-feedback-answered"] = {
        ("sun", item_id): {"version": 2, "content": {"answer": "  "}}
    }
    await region.viewpoint.hear(
        network.GuestFeedbackAnswered(version=2, to="viewpoint", item_id=item_id, ending="used", origin="sun")
    )
    assert await region.viewpoint.value("SELECT text FROM responses") == NO_WORDS


async def test_fb_07_what_the_hosts_answer_does_not_answer_our_own_reviewer_looks_at(region: Region):
    person = Actor("person", new_id())
    item_id = await region.give(actor=person)
    await region.crosses()
    await region.sun_answers(item_id)
    await region.crosses()
    await region.viewpoint.do(giver.say_it_does_not_answer, item_id, "Still warm.", reviewer_role="approver", by=person)
    item = await region.viewpoint.item(item_id)
    assert (item.ending, item.waiting_for, item.reviewer_role) == (None, "us", "approver")
    assert (await region.viewpoint.events("feedback-received"))[-1]["waiting_for"] == "us"
    region.viewpoint.letters["guest-feedback-answered"]["sun", item_id] = {
        "version": 9,
        "content": {"answer": "We said so."},
    }
    await region.viewpoint.hear(
        network.GuestFeedbackAnswered(version=9, to="viewpoint", item_id=item_id, ending="used", origin="sun")
    )
    assert (await region.viewpoint.item(item_id)).ending is None
    reviewer = region.viewpoint.visitor("approver")
    assert "We said so." in (await reviewer.get(f"/feedback/staff/{item_id}")).text
    work = {
        "ending": "used",
        "text": "We asked again.",
        "said": "",
        "checked": False,
        "roles": ["approver"],
        "reviewer_role": "approver",
    }
    await region.viewpoint.do(answering.answer, [item_id], **work, by=STAFF)
    assert (await region.viewpoint.item(item_id)).ending == "used"


# While the host is asked


async def test_fb_02_while_the_host_is_asked_nobody_here_answers_or_joins_it_until_they_say_it_is_ours(region: Region):
    item_id, other = await region.give(), await region.give(may_cross=False)
    work = {
        "ending": "used",
        "text": "Done.",
        "said": "",
        "checked": False,
        "roles": ["coordinator"],
        "reviewer_role": "approver",
    }
    with pytest.raises(Refused):
        await region.viewpoint.do(answering.answer, [item_id], **work, by=STAFF)
    with pytest.raises(Refused):
        await region.viewpoint.do(answering.join, item_id, other, by=STAFF)
    await region.viewpoint.do(answering.pass_on, item_id, "us", "", by=STAFF)
    await region.viewpoint.do(answering.answer, [item_id], **work, by=STAFF)
    await bring(region.viewpoint, region.sun)
    await region.sun_answers(item_id, ending="not-used", text="No.")
    await bring(region.sun, region.viewpoint)
    item = await region.viewpoint.item(item_id)
    assert item.ending == "used"
    assert (
        await region.viewpoint.value("SELECT text FROM responses WHERE response_id = :id", id=item.response_id)
        == "Done."
    )


async def test_net_05_what_waited_for_an_organisation_that_left_is_ours_to_answer(region: Region):
    waiting, answered = await region.give(), await region.give()
    await region.crosses()
    await region.sun_answers(answered)
    await region.crosses()
    await region.viewpoint.hear(OrganisationRemoved(version=1, organisation_id=organisation_id("suf"), removed="suf"))
    assert (await region.viewpoint.item(waiting)).waiting_for == "provider"
    for _ in range(2):
        await region.viewpoint.hear(
            OrganisationRemoved(version=1, organisation_id=organisation_id("sun"), removed="sun")
        )
    item = await region.viewpoint.item(waiting)
    assert (item.waiting_for, item.waiting_for_name, item.version) == ("us", "", 3)
    assert (await region.viewpoint.item(answered)).waiting_for == "provider"
