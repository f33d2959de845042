"""Feedback about another organisation's opportunity: how it leaves home and arrives at its host (NET-02)."""

import itertools
import random
from typing import Any

import pytest

from services.feedback.consumers import answer_gateway
from services.feedback.domain.giving import due_on
from services.feedback.use_cases import answering, giver, giving, safeguarding
from shared.db import Actor, new_id
from shared.events.network import local_id, organisation_id
from shared.events.opportunities import OrganisationNamed
from shared.messaging.handling import Unfit
from shared.reasons import NotYet, Refused
from tests.feedback.network import bring, carry, published
from tests.feedback.region import LEAD, STAFF, Region
from tests.feedback.support import WORDS
from tests.support.slices import seeds

# As home: it leaves


@pytest.mark.parametrize("named", [True, False])
async def test_net_02_with_the_givers_word_it_waits_for_the_host_and_ids_alone_leave(region: Region, named: bool):
    item_id = await region.give(named=named)
    item = await region.viewpoint.item(item_id)
    assert (item.waiting_for, item.waiting_for_name) == ("provider", "SUN")
    [event] = await region.viewpoint.leaving()
    assert event.model_dump() == {
        "version": 2,
        "to": "sun",
        "item_id": item_id,
        "opportunity_id": region.opportunity,
        "board": True,
        "withdrawn": False,
    }
    received = await region.viewpoint.events("feedback-received")
    assert [(event["waiting_for"], event["step"]) for event in received] == [("us", "release"), ("provider", "answer")]


async def test_net_02_without_the_givers_word_nothing_leaves_and_it_is_ours_to_answer(region: Region):
    item_id = await region.give(may_cross=False)
    assert (await region.viewpoint.item(item_id)).waiting_for == "us"
    assert await region.viewpoint.leaving() == []


async def test_net_02_what_is_about_our_own_opportunity_never_leaves_whatever_the_form_says(region: Region):
    given = giving.Given("opportunity", WORDS, True, "email", opportunity_id=region.opportunity, may_cross=True)
    item_id = await region.sun.do(giving.give, given, answer_days=28, home="sun", by=STAFF)
    assert (await region.sun.item(item_id)).waiting_for == "us" and await region.sun.leaving() == []


@pytest.mark.parametrize(
    "words", ["Ring me on 07700 900123.", "I am a@people.example.", "I live at IP1 2AB.", "I am Ffion."]
)
async def test_net_02_words_that_show_who_someone_is_do_not_leave_and_nothing_is_half_done(region: Region, words: str):
    person = await region.viewpoint.know_person("Ffion Amlwch")
    with pytest.raises(Refused) as refused:
        await region.give(words=words, actor=Actor("person", person))
    assert [reason.rule for reason in refused.value.reasons] == ["NET-02"]
    assert await region.viewpoint.rows("SELECT 1 FROM items") == []
    await region.give(words=words, actor=Actor("person", person), may_cross=False)


async def test_net_02_the_gateway_gets_the_words_and_nothing_about_who_wrote_them(region: Region):
    named, anonymous, ours = (
        await region.give(),
        await region.give(named=False, words="Warm welcome."),
        await region.give(may_cross=False),
    )
    asked = {"name": "guest-feedback-given", "ids": [str(named), str(anonymous), str(ours), str(new_id())]}
    assert await answer_gateway(region.viewpoint.service, asked) == {
        "contents": {
            str(named): {"version": 2, "content": {"words": WORDS}},
            str(anonymous): {"version": 2, "content": {"words": "Warm welcome."}},
        }
    }


async def test_fb_09_what_went_to_our_safeguarding_lead_or_is_spam_has_no_content_any_more(region: Region):
    concern, spam = await region.give(), await region.give()
    await region.viewpoint.do(safeguarding.raise_concern, concern, why="Worrying.", about=[], hours=24, by=STAFF)
    await region.viewpoint.do(answering.call_spam, spam, "An advertisement.", by=STAFF)
    await region.crosses()
    assert await region.sun.rows("SELECT 1 FROM items") == []


async def test_fb_09_what_was_no_concern_after_all_goes_to_the_host_then(region: Region):
    item_id = await region.give()
    await region.viewpoint.do(safeguarding.raise_concern, item_id, why="Worrying.", about=[], hours=24, by=STAFF)
    await region.crosses()
    [concern] = await region.viewpoint.rows("SELECT concern_id FROM concerns")
    work = lambda tx: safeguarding.settle_concern(tx, concern.concern_id, LEAD, outcome="returned", note="All is well.")  # noqa: E731
    await region.viewpoint.do(work, by=STAFF)
    await region.crosses()
    assert (await region.sun.item(local_id("viewpoint", item_id))).words == WORDS


async def test_fb_09_an_answer_that_came_while_it_was_with_our_lead_counts_when_it_is_back(region: Region):
    item_id = await region.give()
    await bring(region.viewpoint, region.sun)
    await region.viewpoint.do(safeguarding.raise_concern, item_id, why="Worrying.", about=[], hours=24, by=STAFF)
    await region.sun_answers(item_id)
    await bring(region.sun, region.viewpoint)
    assert (await region.viewpoint.item(item_id)).ending == "safeguarding"
    [concern] = await region.viewpoint.rows("SELECT concern_id FROM concerns")
    work = lambda tx: safeguarding.settle_concern(tx, concern.concern_id, LEAD, outcome="returned", note="All is well.")  # noqa: E731
    await region.viewpoint.do(work, by=STAFF)
    assert (await region.viewpoint.item(item_id)).ending == "used"


@pytest.mark.parametrize("crossed_before", [True, False])
async def test_fb_02_what_its_giver_took_back_is_deleted_at_the_host_too(region: Region, crossed_before: bool):
    person = Actor("person", new_id())
    item_id = await region.give(actor=person)
    if crossed_before:
        await region.crosses()
    await region.viewpoint.do(giver.withdraw, item_id, by=person)
    for event in await carry(region.viewpoint, region.sun):
        await region.sun.hear(event)
        assert WORDS not in str(await region.sun.rows("SELECT words FROM items")) or crossed_before
    item = await region.sun.item(local_id("viewpoint", item_id))
    assert (item.ending, item.words) == ("withdrawn", "")
    assert await region.sun.leaving() == []


async def test_fb_02_what_was_taken_back_is_not_kept_when_it_comes_after_that(region: Region):
    person = Actor("person", new_id())
    item_id = await region.give(actor=person)
    [first] = await carry(region.viewpoint, region.sun)
    await region.viewpoint.do(giver.withdraw, item_id, by=person)
    last = (await carry(region.viewpoint, region.sun))[-1]
    await region.sun.hear(last, first)
    assert await region.sun.rows("SELECT 1 FROM items") == []


async def test_fb_06_consent_to_the_board_follows_to_the_host(region: Region):
    person = Actor("person", new_id())
    item_id = await region.give(actor=person)
    await region.crosses()
    assert (await region.sun.item(local_id("viewpoint", item_id))).may_show is True
    await region.viewpoint.do(giver.let_it_be_shown, item_id, False, by=person)
    await region.crosses()
    assert (await region.sun.item(local_id("viewpoint", item_id))).may_show is False


# As host: it arrives


async def test_net_02_a_guests_feedback_is_an_item_of_ours_with_its_clock_and_without_a_name(region: Region):
    item_id = await region.give(may_show=False)
    await bring(region.viewpoint, region.sun)
    item = await region.sun.item(local_id("viewpoint", item_id))
    assert (item.giver_kind, item.giver_id, item.giver_home) == ("guest", item_id, "viewpoint")
    assert (item.about, item.opportunity_id, item.words) == ("opportunity", region.opportunity, WORDS)
    assert (
        item.waiting_for,
        item.answer_days,
        item.due_on - item.received_on == due_on(item.received_on, 28) - item.received_on,
    ) == ("us", 28, True)
    assert (item.may_show, item.hear_by, item.code_hash) == (False, "none", None)
    [event] = await region.sun.events("feedback-received")
    assert event["giver"] == {"kind": "guest", "id": str(item_id), "home": "viewpoint"}


async def test_net_02_staff_see_a_guest_by_what_their_home_is_called(region: Region):
    item_id = await region.give()
    await bring(region.viewpoint, region.sun)
    staff = region.sun.visitor("coordinator")
    address = f"/feedback/staff/{local_id('viewpoint', item_id)}"
    assert "A guest from viewpoint" in (await staff.get(address)).text
    called = {"organisation_id": organisation_id("viewpoint"), "origin": "viewpoint"}
    await region.sun.hear(OrganisationNamed(version=2, display_name="Viewpoint", **called))
    await region.sun.hear(OrganisationNamed(version=1, display_name="Old name", **called))
    assert "A guest from Viewpoint" in (await staff.get(address)).text
    assert "a guest from Viewpoint" in (await staff.get("/feedback/staff")).text


async def test_net_02_about_what_is_not_ours_it_is_refused_and_about_what_we_do_not_know_it_waits(region: Region):
    await region.give()
    [event] = await carry(region.viewpoint, region.sun)
    await region.sun.hear(published(new_id(), host="suf", host_name="Suffolk User Forum", host_opportunity_id=new_id()))
    [listing] = await region.sun.rows("SELECT opportunity_id FROM opportunities WHERE host = 'suf'")
    with pytest.raises(Unfit, match="NET-02"):
        await region.sun.hear(event.model_copy(update={"opportunity_id": listing.opportunity_id}))
    with pytest.raises(NotYet, match="an opportunity of ours"):
        await region.sun.hear(event.model_copy(update={"opportunity_id": new_id()}))
    assert await region.sun.rows("SELECT 1 FROM items") == []


async def test_net_04_no_organisation_can_use_the_id_or_the_letter_of_another(region: Region):
    item_id = await region.give()
    await bring(region.viewpoint, region.sun)
    [event] = await carry(region.viewpoint, region.sun)
    forged = event.model_copy(update={"origin": "suf", "version": 9})
    with pytest.raises(NotYet):  # the letter is Viewpoint's
        await region.sun.hear(forged)
    region.sun.letters["guest-feedback-given"]["suf", item_id] = {"version": 9, "content": {"words": "Forged."}}
    with pytest.raises(Unfit, match="NET-02"):
        await region.sun.hear(forged)
    assert (await region.sun.item(local_id("viewpoint", item_id))).words == WORDS


async def test_net_02_an_event_waits_for_a_letter_that_is_as_new_as_it_is(region: Region):
    await region.give()
    [event] = await carry(region.viewpoint, region.sun)
    with pytest.raises(NotYet):
        await region.sun.hear(event.model_copy(update={"version": 9}))
    region.sun.letters.clear()
    with pytest.raises(NotYet):
        await region.sun.hear(event)


@pytest.mark.parametrize("content", [{}, {"words": ""}, {"words": "x" * 5001}, {"words": "   "}, {"words": ["x"]}])
async def test_net_02_words_that_break_the_form_are_no_item(region: Region, content: dict[str, Any]):
    item_id = await region.give()
    [event] = await carry(region.viewpoint, region.sun)
    region.sun.letters["guest-feedback-given"]["viewpoint", item_id]["content"] = content
    with pytest.raises(Unfit, match=r"invalid content: words|FB-01"):
        await region.sun.hear(event)
    assert await region.sun.rows("SELECT 1 FROM items") == []


async def test_net_02_html_in_a_guests_words_and_in_a_hosts_answer_is_shown_as_text(region: Region):
    person = new_id()
    item_id = await region.give(words="<script>alert(1)</script>", actor=Actor("person", person))
    await region.crosses()
    staff = region.sun.visitor("coordinator")
    assert "<script>alert" not in (await staff.get(f"/feedback/staff/{local_id('viewpoint', item_id)}")).text
    await region.sun_answers(item_id, text="<img src=x onerror=alert(1)>")
    await region.crosses()
    shown = await region.viewpoint.visitor("participant", person_id=person).get(f"/feedback/mine/{item_id}")
    assert "<img" not in shown.text and "&lt;img" in shown.text


# Any order, with repeats


@pytest.mark.parametrize("seed", seeds(6, quick=1))
async def test_net_04_in_any_order_and_repeated_both_organisations_end_the_same(region: Region, seed: int):
    """Three items: answered; taken back by its giver; kept off the board and answered. Each side's letters are the
    newest."""
    shuffled = random.Random(seed)
    person = Actor("person", new_id())
    plain, taken_back, quiet = [await region.give(actor=person, named=True) for _ in range(3)]
    await bring(region.viewpoint, region.sun)
    await region.viewpoint.do(giver.withdraw, taken_back, by=person)
    await region.viewpoint.do(giver.let_it_be_shown, quiet, False, by=person)
    await region.sun_answers(plain, text="Yes.")
    await region.sun_answers(quiet, ending="not-used", text="No.")
    for _ in range(2):
        for sender, to in itertools.permutations((region.viewpoint, region.sun)):
            events = await carry(sender, to) * 2
            shuffled.shuffle(events)
            await to.hear(*events)
    endings = {"plain": plain, "taken_back": taken_back, "quiet": quiet}
    at_home = {name: (await region.viewpoint.item(item_id)).ending for name, item_id in endings.items()}
    at_host = {
        name: (await region.sun.item(local_id("viewpoint", item_id))).ending for name, item_id in endings.items()
    }
    assert at_home == at_host == {"plain": "used", "taken_back": "withdrawn", "quiet": "not-used"}
    assert (await region.sun.item(local_id("viewpoint", quiet))).may_show is False
    assert await region.viewpoint.value("SELECT count(*) FROM responses") == 2
    assert len(await region.viewpoint.events("feedback-closed")) == 3


async def test_net_02_no_word_of_anyone_stands_in_an_event_a_step_or_an_address(region: Region):
    item_id = await region.give(words="SECRET WORDS")
    await region.crosses()
    await region.sun_answers(item_id, text="SECRET ANSWER")
    await region.crosses()
    for organisation in (region.sun, region.viewpoint):
        for table in ("steps", "outbox", "inbox", "dead_letters"):
            assert not any(
                "SECRET" in row[0] for row in await organisation.rows(f"SELECT row_to_json(t)::text FROM {table} AS t")
            )
