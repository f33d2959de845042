"""Feedback about another organisation's opportunity, from giving it to hearing the host's answer (NET-02)."""

import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.feedback import domain, queries
from services.feedback.app import create_app
from services.feedback.consumers import answer_gateway
from services.feedback.settings import Settings
from services.feedback.use_cases import answering, giver, giving, releasing, safeguarding
from shared.db import Actor, new_id
from shared.events import network
from shared.events.network import OrganisationAnnounced, OrganisationRemoved, local_id, organisation_id
from shared.messaging.handling import Unfit
from shared.reasons import NotYet, Refused
from tests.feedback.network import NAMES, Organisation, bring, carry, published
from tests.feedback.support import WORDS
from tests.support.apps import settings_for
from tests.support.slices import seeds

STAFF = Actor("person", new_id())
LEAD = new_id()


@dataclass
class Region:
    """Viewpoint's people gave feedback about what SUN holds."""

    sun: Organisation
    viewpoint: Organisation
    opportunity: UUID
    """SUN's own id of it."""

    @property
    def listing(self) -> UUID:
        return local_id("sun", self.opportunity)

    async def give(
        self, *, named: bool = True, may_cross: bool = True, may_show: bool = True, words: str = WORDS, actor: Actor | None = None, read_here: bool = True
    ) -> UUID:
        given = giving.Given("opportunity", words, may_show, "email" if named else "code", opportunity_id=self.listing, may_cross=may_cross)
        code_hash = None if named else new_id().bytes
        actor = actor or (Actor("person", new_id()) if named else Actor("guest"))
        work = lambda tx: giving.give(tx, given, answer_days=28, home="viewpoint", code_hash=code_hash)  # noqa: E731
        item_id = await self.viewpoint.do(work, by=actor)
        if may_cross:
            read = lambda tx: releasing.release(tx, item_id, seen=domain.seal_of(words), checked=True)  # noqa: E731
            await self.viewpoint.do(read, by=STAFF)
        return item_id

    async def sun_answers(self, *item_ids: UUID, ending: Any = "used", text: str = "We bought a fan.") -> None:
        """item_ids: Viewpoint's."""
        ours = [local_id("viewpoint", item_id) for item_id in item_ids]
        work = {"ending": ending, "text": text, "said": "", "checked": False, "roles": ["coordinator"], "reviewer_role": "approver"}
        await self.sun.do(answering.answer, ours, **work, by=STAFF)

    async def crosses(self) -> None:
        """Both ways, all there is, again and again without harm."""
        await bring(self.viewpoint, self.sun)
        await bring(self.sun, self.viewpoint)


@pytest.fixture
async def region(service_database: Callable[[str], str], folder: Path) -> AsyncIterator[Region]:
    organisations = {}
    async with AsyncExitStack() as stack:
        for name, display_name in NAMES.items():
            settings = settings_for(Settings, folder, service_database("feedback"), organisation_name=display_name)
            organisations[name] = await stack.enter_async_context(Organisation(name, create_app(settings)).running())
            await organisations[name].know_person("Lena Lead", "finance", "administrator", person_id=LEAD)
        region = Region(organisations["sun"], organisations["viewpoint"], new_id())
        await region.sun.hear(published(region.opportunity))
        host = {"host": "sun", "host_name": "SUN", "host_opportunity_id": region.opportunity}
        await region.viewpoint.hear(published(region.listing, **host))
        yield region


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


@pytest.mark.parametrize("words", ["Ring me on 07700 900123.", "I am a@people.example.", "I live at IP1 2AB.", "I am Ffion."])
async def test_net_02_words_that_show_who_someone_is_do_not_leave_and_nothing_is_half_done(region: Region, words: str):
    person = await region.viewpoint.know_person("Ffion Amlwch")
    with pytest.raises(Refused) as refused:
        await region.give(words=words, actor=Actor("person", person))
    assert [reason.rule for reason in refused.value.reasons] == ["NET-02"]
    assert await region.viewpoint.rows("SELECT 1 FROM items") == []
    await region.give(words=words, actor=Actor("person", person), may_cross=False)


async def test_net_02_the_gateway_gets_the_words_and_nothing_about_who_wrote_them(region: Region):
    named, anonymous, ours = await region.give(), await region.give(named=False, words="Warm welcome."), await region.give(may_cross=False)
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
    assert (item.waiting_for, item.answer_days, item.due_on - item.received_on == domain.due_on(item.received_on, 28) - item.received_on) == ("us", 28, True)
    assert (item.may_show, item.hear_by, item.code_hash) == (False, "none", None)
    [event] = await region.sun.events("feedback-received")
    assert event["giver"] == {"kind": "guest", "id": str(item_id), "home": "viewpoint"}


async def test_net_02_staff_see_a_guest_by_what_their_home_is_called(region: Region):
    item_id = await region.give()
    await bring(region.viewpoint, region.sun)
    staff = region.sun.visitor("coordinator")
    address = f"/feedback/staff/{local_id('viewpoint', item_id)}"
    assert "A guest from viewpoint" in (await staff.get(address)).text
    announced = {"organisation_id": organisation_id("viewpoint"), "origin": "viewpoint", "url": "https://viewpoint.example"}
    await region.sun.hear(OrganisationAnnounced(version=2, display_name="Viewpoint", **announced))
    await region.sun.hear(OrganisationAnnounced(version=1, display_name="Old name", **announced))
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
    ended = await region.viewpoint.read(queries.endings_of, item_id)
    assert [each.text for each in ended] == ["An advertisement."]


async def test_fb_09_a_concern_at_the_host_is_told_without_a_word_and_goes_to_our_own_lead(region: Region):
    item_id = await region.give()
    await region.crosses()
    work = lambda tx: safeguarding.raise_concern(tx, local_id("viewpoint", item_id), why="SECRET WORRY", about=[], hours=24)  # noqa: E731
    await region.sun.do(work, by=STAFF)
    await region.crosses()
    assert region.viewpoint.letters["guest-feedback-answered"]["sun", item_id]["content"] == {"answer": ""}
    assert (await region.viewpoint.item(item_id)).ending == "safeguarding"
    [concern] = await region.viewpoint.rows("SELECT * FROM concerns")
    assert concern.raised_by == organisation_id("sun") and "SUN" in concern.why
    shown = await region.viewpoint.visitor("finance", person_id=LEAD).get(f"/feedback/staff/safeguarding/{concern.concern_id}")
    assert WORDS in shown.text and "SECRET" not in shown.text and "SUN" in shown.text


async def test_fb_09_a_concern_comes_home_also_after_an_answer_did(region: Region):
    item_id = await region.give()
    await region.crosses()
    await region.sun_answers(item_id)
    await region.crosses()
    work = lambda tx: safeguarding.raise_concern(tx, local_id("viewpoint", item_id), why="Worrying.", about=[], hours=24)  # noqa: E731
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
    await region.viewpoint.hear(network.GuestFeedbackAnswered(version=2, to="viewpoint", item_id=item_id, ending=ending, origin="sun"))
    assert (await region.viewpoint.item(item_id)).ending is None


async def test_fb_04_an_answer_without_words_says_so(region: Region):
    item_id = await region.give()
    region.viewpoint.letters["guest-feedback-answered"] = {("sun", item_id): {"version": 2, "content": {"answer": "  "}}}
    await region.viewpoint.hear(network.GuestFeedbackAnswered(version=2, to="viewpoint", item_id=item_id, ending="used", origin="sun"))
    assert await region.viewpoint.value("SELECT text FROM responses") == domain.NO_WORDS


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
    region.viewpoint.letters["guest-feedback-answered"]["sun", item_id] = {"version": 9, "content": {"answer": "We said so."}}
    await region.viewpoint.hear(network.GuestFeedbackAnswered(version=9, to="viewpoint", item_id=item_id, ending="used", origin="sun"))
    assert (await region.viewpoint.item(item_id)).ending is None
    reviewer = region.viewpoint.visitor("approver")
    assert "We said so." in (await reviewer.get(f"/feedback/staff/{item_id}")).text
    work = {"ending": "used", "text": "We asked again.", "said": "", "checked": False, "roles": ["approver"], "reviewer_role": "approver"}
    await region.viewpoint.do(answering.answer, [item_id], **work, by=STAFF)
    assert (await region.viewpoint.item(item_id)).ending == "used"


# While the host is asked


async def test_fb_02_while_the_host_is_asked_nobody_here_answers_or_joins_it_until_they_say_it_is_ours(region: Region):
    item_id, other = await region.give(), await region.give(may_cross=False)
    work = {"ending": "used", "text": "Done.", "said": "", "checked": False, "roles": ["coordinator"], "reviewer_role": "approver"}
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
    assert await region.viewpoint.value("SELECT text FROM responses WHERE response_id = :id", id=item.response_id) == "Done."


async def test_net_05_what_waited_for_an_organisation_that_left_is_ours_to_answer(region: Region):
    waiting, answered = await region.give(), await region.give()
    await region.crosses()
    await region.sun_answers(answered)
    await region.crosses()
    await region.viewpoint.hear(OrganisationRemoved(version=1, organisation_id=organisation_id("suf"), removed="suf"))
    assert (await region.viewpoint.item(waiting)).waiting_for == "provider"
    for _ in range(2):
        await region.viewpoint.hear(OrganisationRemoved(version=1, organisation_id=organisation_id("sun"), removed="sun"))
    item = await region.viewpoint.item(waiting)
    assert (item.waiting_for, item.waiting_for_name, item.version) == ("us", "", 3)
    assert (await region.viewpoint.item(answered)).waiting_for == "provider"


# Any order, with repeats


@pytest.mark.parametrize("seed", seeds(6, quick=2))
async def test_net_04_in_any_order_and_repeated_both_organisations_end_the_same(region: Region, seed: int):
    """Three items: answered; taken back by its giver; kept off the board and answered. Each side's letters are the newest."""
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
    at_host = {name: (await region.sun.item(local_id("viewpoint", item_id))).ending for name, item_id in endings.items()}
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
            assert not any("SECRET" in row[0] for row in await organisation.rows(f"SELECT row_to_json(t)::text FROM {table} AS t"))
