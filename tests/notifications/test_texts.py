"""Every text that we send: short, plain, in easy read, and discreet where someone asked for that."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import icalendar
import pytest
from textstat import textstat

from services.notifications import domain
from services.notifications.gateways import letters, rendering
from services.notifications.gateways.rendering import Letter, Line
from services.notifications.settings import Settings
from shared.events import Event
from shared.events.payments import ClaimApproved, ClaimOpened, ClaimOwedAgain, ClaimPaid, ClaimWithdrawn

MONEY_METHODS = ("bank-transfer", "vouchers", "cash", "cheque")
VERSIONS = ["plain", "easy-read", "discreet-plain", "discreet-easy-read"]
TEMPLATES = sorted(domain.MESSAGES)
EVERY_TEXT = [(template, version) for template in TEMPLATES for version in VERSIONS]
NOT_NAMED_FOR_ONE = ("claim-", "concern-", "safeguarding-", "feedback-due", "feedback-words", "feedback-news")
NOT_OF_AN_OPPORTUNITY = ("opportunity-closed", "bank-details-changed", "roles-asked", "roles-answered", "second-step-changed", "contact-entered")
HIGHEST_GRADE = {"plain": 4.0, "easy-read": 2.5, "discreet-plain": 4.0, "discreet-easy-read": 4.0}
"""Automated readability index: 4 is about the age of nine."""

SESSION = SimpleNamespace(
    session_id=UUID(int=7),
    starts_at=datetime(2026, 12, 28, 10, 30, tzinfo=UTC),
    ends_at=datetime(2026, 12, 28, 12, tzinfo=UTC),
    venue="Room 2, the mental health and addiction centre",
)
TITLE = "Choosing who runs the mental health and addiction recovery service"
FACTS: dict[str, Any] = {
    "title": TITLE,
    "summary": "We will choose who runs the cafe. You help us choose! Come and ask what you like.",
    "paid": True,
    "mode": "in-person",
    "contact_role": "involvement worker",
    "short_notice_reason": "The room was free only now.",
    "about": UUID(int=11),
    "session": SESSION,
    "pay_by": date(2026, 12, 12),
    "amount_pence": 2090,
    "recognition": "bank-transfer",
    "not_agreed_pence": 450,
    "waiting_pence": 310,
    "waiting_lines": 1,
    "because": "register",
    "else_because": "",
    "on_hold": False,
    "rest_pence": 0,
    "rest_recognition": None,
    "was_agreed": False,
    "waits_for_bank": False,
    "bank_paid": False,
    "in_part": False,
    "set_aside": False,
    "ending": "used",
    "place_id": UUID(int=12),
    "answer_by": datetime(2026, 12, 12, 12, tzinfo=UTC),
    "due_at": datetime(2026, 12, 12, 12, tzinfo=UTC),
    "missing": ["lead"],
    "count": 2,
    "task": "answer-feedback",
    "due_on": date(2026, 12, 12),
    "host": "",
    "changed": ["time", "place", "contact", "purpose"],
    "reason": "The room was not free.",
    "were": [SimpleNamespace(**vars(SESSION) | {"starts_at": datetime(2026, 12, 21, 14, tzinfo=UTC), "venue": "Room 9, the addiction centre"})],
    "title_was": "Choosing who runs the recovery cafe",
    "held": True,
    "over": False,
    "help_asked": "no",
    "asked_to_stay": False,
    "position": 2,
    "give": ["approver", "administrator"],
    "take": ["finance"],
    "answer": "confirmed",
    "mine": True,
    "what": "passkey-added",
    "whose": str(UUID(int=13)),
}
GIVES_AWAY = re.compile(r"mental|health|addict|drug|alcohol|recover|crisis|£|\d\.\d\d|paid|\bpay|money|claim|voucher|bank|fare|Test Mind Voice", re.IGNORECASE)
SHAPE_OF_SETTINGS: dict[str, Any] = {
    "organisation": "test",
    "organisation_name": "The Test Mind Voice",
    "public_url": "https://voice.example",
    "contact_hours": "We read messages on weekdays, from 9am to 5pm.",
    "mail_from": "voice@voice.example",
    "mail_reply_to": None,
}
SETTINGS = Settings.model_construct(**SHAPE_OF_SETTINGS)


def draft(template: str, version: str, **facts: Any) -> letters.Draft:
    card = domain.Card(UUID(int=1), discreet=version.startswith("discreet"), format="easy-read" if version.endswith("easy-read") else "plain")
    return letters.Draft(
        message_id=UUID(int=3),
        template=template,
        kind=domain.MESSAGES[template].kind,
        card=card,
        name="Amina",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        opportunity_id=UUID(int=4),
        sessions=[SESSION],
        facts=FACTS | facts,
        unsubscribe="/notifications/unsubscribe/x" if domain.may_opt_out(domain.MESSAGES[template].kind) else "",
    )


def letter(template: str, version: str, **facts: Any) -> Letter:
    return letters.letter(draft(template, version, **facts), SETTINGS, by_mail=True)


def mail(template: str, version: str, **facts: Any) -> EmailMessage:
    return letters.as_mail(draft(template, version, **facts), "amina@people.example", SETTINGS)


def words(lines: list[Line]) -> str:
    """What is read aloud: without addresses of pages, each line a sentence."""
    return " ".join(line.text if line.text.endswith((".", "!", "?")) else f"{line.text.rstrip(',:')}." for line in lines)


def texts_of(mail: EmailMessage) -> str:
    """Everything in a mail that another person could see over someone's shoulder."""
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    return headers + "\n" + "\n".join(parts)


# --- NOT-05 ---


def test_not_05_every_message_has_a_file_and_every_file_is_a_message():
    folder = Path(rendering.TEMPLATES) / "messages"
    without_account = {"answer-by-mail", "foot-once"}  # test_answers_by_mail.py
    assert {path.stem for path in folder.glob("*.j2")} == set(TEMPLATES) | {"foot", "ways"} | without_account


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_a_nine_year_old_can_read_every_text(template: str, version: str):
    found = letter(template, version, title="Choosing who runs the cafe")
    read = [line for line in [*found.body, *found.foot] if line.shape != "link"]
    assert textstat.automated_readability_index(words(read)) <= HIGHEST_GRADE[version]


@pytest.mark.parametrize("template", TEMPLATES)
def test_not_05_easy_read_has_one_short_idea_a_line(template: str):
    found = letter(template, "easy-read", title="Choosing who runs the cafe", short_notice_reason="The room was free now.")
    for line in [*found.body, *found.foot]:
        if line.shape == "paragraph":
            assert len(re.findall(r"[.!?](?:\s|$)", line.text)) <= 1, line.text
            assert len(line.text.split()) <= 17, line.text


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_every_text_greets_by_name_and_leads_somewhere(template: str, version: str):
    found = letter(template, version)
    assert found.subject and len(found.subject) <= 120
    assert found.body[0].text.startswith("Hello Amina")
    links = [line for line in found.body if line.shape == "link"]
    assert links and all(line.text and line.url.startswith("https://voice.example/") for line in links)


def test_not_05_the_reminder_and_the_place_say_when_and_where():
    for template in ("place-taken", "session-reminder", "opportunity-created"):
        text = rendering.as_text(letter(template, "plain"))
        assert "Monday 28 December 2026, 10:30am to midday" in text
        assert SESSION.venue in text


@pytest.mark.parametrize(
    ("recognition", "said"),
    [
        ("bank-transfer", "£20.90 has been paid into your bank"),
        ("cash", "£20.90 has been paid"),
        ("vouchers", "£20.90 has been sent to you in vouchers"),
    ],
)
def test_pay_12_the_payee_reads_what_was_paid(recognition: str, said: str):
    for version in ("plain", "easy-read"):
        found = letter("claim-paid", version, recognition=recognition)
        assert said in words(list(found.body))
        assert found.subject.startswith("£20.90 has been")


@pytest.mark.parametrize(
    ("ending", "said"), [("used", "what has changed"), ("not-used", "why"), ("joined", "Other people told us"), ("thanked", "good to hear")]
)
def test_fb_04_the_giver_reads_what_became_of_it(ending: str, said: str):
    for version in ("plain", "easy-read"):
        assert said in words(list(letter("feedback-closed", version, ending=ending).body))


def test_fb_04_feedback_about_nothing_in_particular_reads_well():
    for version in ("plain", "easy-read"):
        text = words(list(letter("feedback-closed", version, title="").body))
        assert "“”" not in text and '""' not in text and "about:." not in text


# --- another organisation's (NET-02) ---

LISTING = {"title": "Choosing who runs the cafe", "host": "SUN"}


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_a_nine_year_old_can_read_the_texts_about_another_organisations(template: str, version: str):
    found = letter(template, version, **LISTING)
    read = [line for line in [*found.body, *found.foot] if line.shape != "link"]
    assert textstat.automated_readability_index(words(read)) <= HIGHEST_GRADE[version]


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_net_02_the_news_of_a_listing_and_its_foot_say_who_holds_it_and_that_nobody_there_learns_their_name(version: str):
    found = letter("opportunity-created", version, **LISTING)
    body, foot = words(list(found.body)), words(list(found.foot))
    assert "SUN is holding this." in body and "You can take part through us." in body
    assert "Nobody there learns your name" in body or "They do not learn your name" in body
    assert "SUN" in foot and "Nobody there learns your name" in foot.replace("nobody there", "Nobody there")
    assert "involvement worker" not in body


@pytest.mark.parametrize(
    "template",
    [name for name in TEMPLATES if not name.startswith(NOT_NAMED_FOR_ONE) and name not in NOT_OF_AN_OPPORTUNITY],
)
@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_net_02_whoever_holds_it_is_named_where_it_helps_and_our_own_texts_name_nobody(template: str, version: str):
    assert "SUN" in words(list(letter(template, version, **LISTING).body))
    assert "SUN" not in words([*letter(template, version).body, *letter(template, version).foot])


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("version", VERSIONS[2:])
def test_not_04_a_discreet_mail_does_not_name_the_host_either(template: str, version: str):
    shown = texts_of(mail(template, version, host="Mind the Gap"))
    assert "Mind the Gap" not in shown


# --- changes and cancellations (OPP-16, NOT-05) ---


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_a_change_says_what_it_is_now_what_it_was_and_why(version: str):
    text = rendering.as_text(letter("opportunity-changed", version))
    for said in (
        "Monday 28 December 2026",
        SESSION.venue,
        "Monday 21 December 2026",
        "Room 9, the addiction centre",
        "The room was not free.",
        "involvement worker",
    ):
        assert said in text, said


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize(
    ("changed", "says", "says_not"),
    [
        ("time", "When and where it is now", ("Who to ask", "What it is for")),
        ("place", "When and where it is now", ("Who to ask", "What it is for")),
        ("contact", "Who to ask", ("When and where", "What it is for")),
        ("purpose", "What it is for", ("When and where", "Who to ask")),
    ],
)
def test_opp_16_a_change_speaks_of_what_changed_and_of_nothing_else(version: str, changed: str, says: str, says_not: tuple[str, ...]):
    text = words(list(letter("opportunity-changed", version, changed=[changed]).body))
    assert says in text
    assert not [word for word in says_not if word in text]


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_who_waits_for_a_place_is_not_told_that_they_have_one(version: str):
    text = words(list(letter("opportunity-changed", version, held=False).body)).lower()
    assert "you have a place" not in text and "place back" not in text and "waiting list" in text


@pytest.mark.parametrize("template", ["opportunity-changed", "opportunity-cancelled"])
def test_opp_16_without_a_reason_nothing_stands_where_it_would(template: str):
    for version in ("plain", "easy-read"):
        text = words(list(letter(template, version, reason="", were=[], title_was="").body))
        assert "Here is why" not in text and "Why." not in text and "before" not in text


@pytest.mark.parametrize("version", VERSIONS)
def test_not_05_a_cancellation_says_not_to_travel(version: str):
    assert "Please do not travel" in words(list(letter("opportunity-cancelled", version).body))


@pytest.mark.parametrize("version", VERSIONS)
def test_opp_05_who_waits_reads_their_number_and_what_happens_next(version: str):
    text = words(list(letter("place-queued", version).body))
    assert "number 2" in text and "when it is your turn" in text


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_05_who_gets_no_place_reads_where_the_reason_stands(version: str):
    links = [line.url for line in letter("place-refused", version).body]
    assert f"https://voice.example/opportunities/places/{UUID(int=12)}" in links


@pytest.mark.parametrize("host", ["", "The Test Network"])
@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_between_two_sentences_there_is_a_space(template: str, version: str, host: str):
    found = letter(template, version, host=host)
    for line in [*found.body, *found.foot]:
        assert not (run := re.search(r"[a-z”][.!?][A-Z]", line.text)), f"{run}: {line.text}"


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_14_a_claim_agreed_in_part_says_what_was_not_agreed_and_what_waits_for_a_receipt(version: str):
    found = letter("claim-approved", version)
    text = words(list(found.body))
    assert found.subject == "Part of your claim is agreed: £20.90" and "Good news" not in text and "anything more" not in text
    assert "could not say yes to £4.50" in text and "£3.10 more" in text and "receipt" in text and "£20.90" in text
    assert {f"https://voice.example/payments/claims/{UUID(int=11)}", "https://voice.example/payments/claims"} <= {line.url for line in found.body}
    refused = words(list(letter("claim-approved", version, waiting_lines=0, waiting_pence=0).body))
    assert "£4.50" in refused and "receipt" not in refused and "anything more" not in refused and "wrong?" in refused
    waiting = words(list(letter("claim-approved", version, not_agreed_pence=0).body))
    assert "£3.10" in waiting and "could not" not in waiting and "anything more" not in waiting


@pytest.mark.parametrize("version", VERSIONS[2:])
def test_pay_14_a_discreet_mail_of_a_claim_agreed_in_part_is_no_good_news_either(version: str):
    found = letter("claim-approved", version)
    assert found.subject == "About your form"
    assert "not" in words(list(found.body)) and "still missing" in words(list(found.body)) and "Good news" not in words(list(found.body))


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_14_a_claim_agreed_in_full_is_good_news(version: str):
    found = letter("claim-approved", version, not_agreed_pence=0, waiting_lines=0, waiting_pence=0)
    text = words(list(found.body))
    assert "Good news" in text and "could not" not in text and "missing" not in text and "Part of" not in found.subject


# --- NOT-03, NOT-07 ---


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_03_the_foot_says_why_they_got_it_and_how_to_change_that(template: str, version: str):
    foot = letter(template, version).foot
    assert any(line.text.startswith("You got this because") for line in foot)
    assert "https://voice.example/people/me" in [line.url for line in foot]


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_not_03_all_open_opportunities_are_one_click_away(version: str):
    assert "https://voice.example/opportunities" in [line.url for line in letter("opportunity-created", version).foot]


@pytest.mark.parametrize("template", TEMPLATES)
def test_not_07_every_mail_says_that_a_person_reads_replies_and_where_to_get_help_now(template: str):
    foot = rendering.as_text(letter(template, "plain")).partition("--\n")[2]
    assert "You can reply" in foot and "9am to 5pm" in foot and "/help-now" in foot


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_07_in_the_app_nothing_asks_for_a_reply_to_a_mail(template: str, version: str):
    in_app = letters.letter(draft(template, version), SETTINGS, by_mail=False)
    text = words([*in_app.body, *in_app.foot]).lower()
    assert "reply" not in text and "this message" not in text and "calendar file" not in text


@pytest.mark.parametrize("version", VERSIONS)
def test_not_02_news_can_be_switched_off_from_the_mail_and_its_program(version: str):
    stop = "https://voice.example/notifications/unsubscribe/x"
    news = mail("opportunity-created", version)
    assert (news["List-Unsubscribe"], news["List-Unsubscribe-Post"]) == (f"<{stop}>", "List-Unsubscribe=One-Click")
    assert stop in [line.url for line in letter("opportunity-created", version).foot]
    owed = mail("claim-paid", version)
    assert (owed["List-Unsubscribe"], owed["List-Unsubscribe-Post"]) == (None, None)
    assert "unsubscribe" not in rendering.as_text(letter("claim-paid", version))


# --- NOT-04 ---


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("version", VERSIONS[2:])
@pytest.mark.parametrize("recognition", ["bank-transfer", "vouchers"])
@pytest.mark.parametrize("ending", ["used", "not-used"])
def test_not_04_a_discreet_mail_shows_nothing_of_health_addiction_or_money(template: str, version: str, recognition: str, ending: str):
    shown = texts_of(mail(template, version, recognition=recognition, ending=ending))
    visible = re.sub(r"style=\"[^\"]*\"|Message-ID.*|https://voice\.example|voice@voice\.example", "", shown)
    assert not (found := GIVES_AWAY.search(visible)), f"{found}"
    assert TITLE not in visible


def test_not_04_the_guard_of_discreet_mails_sees_what_plain_ones_show():
    assert GIVES_AWAY.search(texts_of(mail("claim-paid", "plain")))
    assert GIVES_AWAY.search(texts_of(mail("opportunity-created", "easy-read")))


def test_not_04_in_the_app_behind_the_sign_in_a_discreet_message_opens_in_full():
    found = letters.full_letter(draft("claim-paid", "discreet-plain"), SETTINGS)
    assert "£20.90" in found.subject


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_07_nobody_is_asked_by_mail_what_they_have_told_us(version: str):
    says = {asked: words([*letter("place-taken", version, help_asked=asked).body]) for asked in ("no", "waits", "answered")}
    asks = "Is there something that would help you" if version == "plain" else "Do you need help to take part?"
    assert {asked for asked, text in says.items() if asks in text} == {"no"}
    assert "We will answer" in says["waits"] and "on your page" in says["answered"]
    assert "We will answer" not in words([*letter("place-taken", version, help_asked="waits", host="SUN").body])
    assert "?" not in " ".join(line.text for line in letter("claim-paid", "plain").body)


@pytest.mark.parametrize("version", ["plain", "easy-read", "discreet-plain", "discreet-easy-read"])
def test_opp_12_nobody_is_asked_again_whom_staff_asked_whether_they_want_to_stay(version: str):
    for asked in (False, True):
        said = words([*letter("opportunity-closed", version, asked_to_stay=asked).body])
        assert (re.search("stay involved|do more", said) is None) == asked


# --- the mail itself ---


def test_text_and_html_say_the_same():
    sent = mail("place-taken", "plain")
    html = sent.get_body(("html",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]
    for line in letter("place-taken", "plain").body:
        assert line.text.replace("'", "&#39;").replace('"', "&#34;") in html
        assert not line.url or f'href="{line.url}"' in html
    assert "<img" not in html and "http://" not in html


def test_what_people_wrote_can_neither_break_the_html_nor_pass_for_our_links():
    nasty = '=> /people/me "><script>alert(1)</script>\r\nBcc: all@people.example\n=> https://bad.example Click'
    sent = mail("place-taken", "plain", title=nasty)
    html = sent.get_body(("html",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]
    assert "<script>" not in html
    assert sent["Bcc"] is None and "\n" not in sent["Subject"]
    assert "https://bad.example" not in [line.url for line in letter("place-taken", "plain", title=nasty).body]
    assert 'href="https://bad.example' not in html


def test_not_02_a_message_has_the_same_message_id_whenever_it_is_written():
    assert mail("claim-paid", "plain")["Message-ID"] == mail("claim-paid", "plain")["Message-ID"] == f"<{UUID(int=3)}@voice.example>"


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "a\r\nBcc: b@c.example", "<>"])
def test_what_is_no_address_is_refused_before_any_mail(address: str):
    with pytest.raises(ValueError):  # noqa: PT011 (the standard library's own words)
        letters.as_mail(draft("claim-paid", "plain"), address, SETTINGS)


# --- calendar files ---


def calendar(template: str, version: str = "plain") -> icalendar.Calendar:
    [part] = [part for part in mail(template, version).walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") in ("PUBLISH", "CANCEL")
    return icalendar.Calendar.from_ical(part.get_content())  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(
    ("template", "method", "status"),
    [
        ("opportunity-created", "PUBLISH", "TENTATIVE"),
        ("place-taken", "PUBLISH", "CONFIRMED"),
        ("place-left", "CANCEL", "CANCELLED"),
        ("opportunity-changed", "PUBLISH", "CONFIRMED"),
        ("opportunity-cancelled", "CANCEL", "CANCELLED"),
    ],
)
def test_not_05_one_calendar_entry_for_each_session_whatever_mail_it_comes_with(template: str, method: str, status: str):
    found = calendar(template)
    [event] = found.walk("VEVENT")
    assert found["METHOD"] == method
    assert event["UID"] == f"{SESSION.session_id}@voice.example"
    assert event["STATUS"] == status
    assert event.decoded("DTSTART") == SESSION.starts_at and event.decoded("DTEND") == SESSION.ends_at
    assert str(event["SUMMARY"]) == TITLE and str(event["LOCATION"]) == SESSION.venue


def test_not_05_an_entry_carries_the_number_that_puts_it_before_earlier_ones():
    file = letters.calendar_of(replace(draft("opportunity-changed", "plain"), sequence=2001), SETTINGS)
    assert file is not None
    assert [int(str(event["SEQUENCE"])) for event in icalendar.Calendar.from_ical(file.content).walk("VEVENT")] == [2001]


def test_not_05_a_changed_series_moves_its_entries_and_takes_out_the_session_that_is_gone():
    gone = SimpleNamespace(**vars(SESSION) | {"session_id": UUID(int=8)})
    for has_place, status in ((True, "CONFIRMED"), (False, "TENTATIVE")):
        file = letters.calendar_of(replace(draft("opportunity-changed", "plain"), sessions_gone=[gone], has_place=has_place), SETTINGS)
        assert file is not None and file.method == "PUBLISH"
        entries = icalendar.Calendar.from_ical(file.content).walk("VEVENT")
        assert [(str(event["UID"]), str(event["STATUS"])) for event in entries] == [
            (f"{SESSION.session_id}@voice.example", status),
            (f"{gone.session_id}@voice.example", "CANCELLED"),
        ]


def test_not_04_a_discreet_calendar_entry_says_when_and_no_more():
    [event] = calendar("place-taken", "discreet-plain").walk("VEVENT")
    assert str(event["SUMMARY"]) == "Meeting"
    assert "LOCATION" not in event and "DESCRIPTION" not in event
    assert str(event["URL"]).endswith(f"/notifications/messages/{UUID(int=3)}")


def test_not_05_a_calendar_file_describes_its_time_zone_for_a_few_years_only():
    assert len(calendar("place-taken").to_ical()) < 2_000


# --- roles (two administrators) ---


@pytest.mark.parametrize("answer", ["confirmed", "refused", "taken-back"])
@pytest.mark.parametrize("mine", [True, False])
@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_everybody_concerned_hears_what_became_of_a_change_of_roles(answer: str, mine: bool, version: str):
    found = letter("roles-answered", version, answer=answer, mine=mine)
    assert textstat.automated_readability_index(words(list(found.body))) <= HIGHEST_GRADE[version]
    text = rendering.as_text(found)
    assert "othing has changed" not in text, "roles that need nobody else may have changed at once"
    assert ("as they were" in text) is (answer != "confirmed")
    if mine and answer != "confirmed":
        assert "Approver: is not given to you" in text and "Finance: stays yours" in text
    if mine and answer == "confirmed":
        assert "Approver: is yours now" in text and "Finance: was taken away" in text


# --- second steps ---


@pytest.mark.parametrize(
    ("what", "mine", "says"),
    [
        ("passkey-added", True, "A passkey was added"),
        ("passkey-removed", True, "was removed"),
        ("passkey-stopped", True, "There may be a copy"),
        ("passkey-stopped", False, "We stopped it"),
        ("taken-away", True, "Set up a new one when you sign in"),
        ("taken-away", False, "second step"),
        ("guessed", True, "tried many codes"),
        ("guessed", False, "Ring them"),
    ],
)
@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_a_changed_second_step_is_told_in_words_that_say_what_to_do(what: str, mine: bool, says: str, version: str):
    found = letter("second-step-changed", version, what=what, mine=mine)
    assert textstat.automated_readability_index(words(list(found.body))) <= HIGHEST_GRADE[version]
    if version == "plain" or mine:
        assert says in rendering.as_text(found).replace("\n", " ")


# --- what a part of a claim, an online session and a cancelled session say ---


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_05_a_part_that_waits_for_a_receipt_says_so_and_is_no_new_claim(version: str):
    part = letter("claim-opened", version, because="receipt", waiting_pence=250)
    text = words(list(part.body))
    assert part.subject.startswith("We need a receipt from you") and "receipt" in text and "£2.50" in text
    assert "Thank you for taking part" not in text and "We have started a claim" not in text
    whole = words(list(letter("claim-opened", version, because="", waiting_pence=0).body))
    assert "Thank you for taking part" in whole and "receipt" not in whole


def every(event: type[Event], field: str) -> tuple[str, ...]:
    """Every value that this field of the event may have."""
    return get_args(event.model_fields[field].annotation)


OPENED = [{"because": value} for value in every(ClaimOpened, "because")] + [
    {"because": "", "else_because": value} for value in every(ClaimOpened, "else_because")
]
SAYS_OF_OPENED = {
    "": ["Thank you for taking part"],
    "receipt": ["receipt"],
    "correction": ["put right", "put it right"],
    "another-look": ["You asked us to look again", "don't need to do anything", "need not do anything"],
    "rest": ["is paid"],
    "reopened": ["is open again"],
}
"""What each value of `because` says, in one of these words at least."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("why", OPENED, ids=lambda why: "-".join(why.values()))
def test_pay_14_every_reason_why_a_claim_opens_has_a_text_of_its_own(version: str, why: dict[str, str]):
    value = why.get("else_because") or why["because"]
    found = letter("claim-opened", version, **why)
    text = words(list(found.body))
    assert value in SAYS_OF_OPENED
    if not version.startswith("discreet"):
        assert any(said in text for said in SAYS_OF_OPENED[value]), text
        assert (" three things" in text or "Add your travel" in text) is (value == "")
        assert all(other == value or SAYS_OF_OPENED[other][0] not in text for other in ("", "another-look", "rest", "reopened"))
    if value == "another-look":
        assert "form for you to check" not in text and "check" not in found.subject and "send it" not in text.lower()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["claim-owed-again", "claim-withdrawn", "claim-approved"])
def test_pay_12_a_message_of_what_the_bank_may_have_paid_already_promises_no_day(version: str, template: str):
    because = "came-back" if template == "claim-owed-again" else "register"
    nothing_left_out = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0}
    text = words(list(letter(template, version, because=because, waits_for_bank=True, **nothing_left_out).body))
    assert "2026" not in text and "You will have it" not in text and "We will send it again" not in text
    if not version.startswith("discreet"):
        assert "You may have some of" in text and "bank" not in text and "find that out first" in text


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_12_what_the_bank_had_paid_before_is_not_called_a_register_put_right(version: str):
    for template, facts in (("claim-refused", {}), ("claim-withdrawn", {"in_part": True}), ("claim-withdrawn", {})):
        text = words(list(letter(template, version, because="register", bank_paid=True, **facts).body))
        if template == "claim-refused" or facts:
            assert "register" not in text
        if facts:
            assert "look at it again" not in text and "2026" not in text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("template", "event"), [("claim-owed-again", ClaimOwedAgain), ("claim-withdrawn", ClaimWithdrawn), ("claim-approved", ClaimApproved)])
def test_pay_09_a_message_of_what_its_owner_holds_promises_no_day(version: str, template: str, event: type[Event]):
    for because in every(event, "because") if "because" in event.model_fields else ("",):
        found = letter(template, version, because=because, on_hold=True, not_agreed_pence=0, waiting_lines=0, waiting_pence=0)
        text = words(list(found.body))
        assert "2026" not in text and "You will have it by" not in text
        if template != "claim-withdrawn" and not version.startswith("discreet"):
            assert "You asked us to hold" in text and "let it go" in text and "need not do anything" not in text and "need to do anything" not in text
        let_go_on = words(list(letter(template, version, because=because, on_hold=False, not_agreed_pence=0, waiting_lines=0, waiting_pence=0).body))
        assert version.startswith("discreet") or "Saturday 12 December 2026" in let_go_on


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("rest", every(ClaimPaid, "recognition"))
def test_pay_08_a_part_that_is_paid_says_what_is_still_to_come_and_how(version: str, rest: str):
    if rest == "none":
        return  # leaves by no way
    pence = 450 if rest in MONEY_METHODS else 0
    found = letter("claim-paid", version, recognition="vouchers", amount_pence=1250, rest_pence=pence, rest_recognition=rest)
    text = words(list(found.body))
    assert "still to come" in text and found.subject != "All done"
    if not version.startswith("discreet"):
        how = {"bank-transfer": "into your bank", "cash": "in cash", "cheque": "by cheque", "vouchers": "in vouchers"}.get(rest, rest.split("-")[0])
        assert "£12.50 has been sent to you in vouchers" in text and how in text and ("£4.50" in text) is bool(pence) and "£0.00" not in text
    assert "still to come" not in words(list(letter("claim-paid", version, rest_recognition=None).body))


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("recognition", ["training", "volunteering-role", "award"])
def test_pay_08_thanks_that_are_not_money_are_not_told_as_a_sum(version: str, recognition: str):
    found = letter("claim-paid", version, recognition=recognition, amount_pence=0)
    assert "£" not in words(list(found.body)) + found.subject and recognition.split("-")[0] in words(list(found.body))


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("template", ["claim-opened", "session-reminder"])
def test_pay_02_no_message_of_an_online_session_asks_for_travel(version: str, template: str):
    for mode, asked in (("online", False), ("in-person", True), ("both", True)):
        text = words(list(letter(template, version, because="", mode=mode).body))
        assert bool(re.search("travel|fare|miles|ticket", text)) is asked, text


@pytest.mark.parametrize("version", ["discreet-plain", "discreet-easy-read"])
@pytest.mark.parametrize("because", ["receipt", "correction", "another-look", ""])
def test_not_04_a_discreet_mail_of_a_part_of_a_claim_shows_nothing_either(version: str, because: str):
    sent = mail("claim-opened", version, because=because, waiting_pence=250)
    assert not GIVES_AWAY.search(words(list(letter("claim-opened", version, because=because, waiting_pence=250).body))) and sent["Subject"]


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_02_travel_is_promised_only_where_somebody_travels(version: str):
    for mode, promised in (("online", False), ("in-person", True), ("both", True)):
        text = words(list(letter("opportunity-created", version, mode=mode).body))
        assert ("fares" in text or "travel" in text) is promised and "We pay you for your time" in text


@pytest.mark.parametrize("version", VERSIONS)
def test_opp_19_a_cancelled_session_is_called_cancelled_with_its_day_and_nobody_is_asked_for_their_place(version: str):
    gone = SimpleNamespace(**vars(SESSION) | {"session_id": UUID(int=8), "starts_at": datetime(2026, 12, 21, 14, tzinfo=UTC)})
    of = replace(draft("opportunity-changed", version, changed=["time"], were=[gone]), sessions_gone=[gone])
    found = letters.letter(of, SETTINGS, by_mail=True)
    text = words(list(found.body))
    assert "cancelled" in text.lower() and "Monday 21 December 2026" in text and "do not travel" in text
    assert "give your place back" not in text and "not like this any more" not in text and "There is a change" not in found.subject
    assert "Monday 28 December 2026" in text
    if version in ("plain", "easy-read"):
        assert found.subject.startswith("Cancelled: ") and "Monday 21 December 2026" in found.subject


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["claim-approved", "claim-withdrawn", "claim-paid"])
@pytest.mark.parametrize("recognition", [*every(ClaimPaid, "recognition"), None])
@pytest.mark.parametrize("not_agreed", [0, 450])
def test_pay_08_no_message_of_a_claim_speaks_of_no_pounds(version: str, template: str, recognition: str | None, not_agreed: int):
    """Thanks that are no money are named; where there are none, no day is promised for them."""
    if template == "claim-paid" and recognition not in ("training", "volunteering-role", "award"):
        return  # leaves by no way, or as money
    found = letter(template, version, recognition=recognition, amount_pence=0, not_agreed_pence=not_agreed, waiting_lines=0, waiting_pence=0)
    text = words(list(found.body)) + found.subject
    assert "£0.00" not in text
    if template == "claim-approved" and not version.startswith("discreet"):
        is_given = recognition in ("training", "volunteering-role", "award")
        assert ((recognition or "").split("-")[0] in text) if is_given else "There is no money to pay for it" in text
        assert ("12 December" in text) is is_given


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_08_thanks_that_are_no_money_are_named_beside_what_is_paid_back(version: str):
    found = letter("claim-approved", version, recognition="training", amount_pence=450, not_agreed_pence=0, waiting_lines=0, waiting_pence=0)
    assert "£4.50, and training" in words(list(found.body))


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("was_agreed", [True, False])
def test_pay_17_a_claim_that_the_register_ends_is_not_told_as_agreed_if_nobody_agreed(version: str, was_agreed: bool):
    text = words(list(letter("claim-refused", version, because="register", was_agreed=was_agreed).body))
    assert ("We said yes" in text) is was_agreed and "register" in text and "look again" not in text
    assert "look again" in words(list(letter("claim-refused", version, because="").body))
