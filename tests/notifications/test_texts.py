"""Every text that we send: short, plain, in easy read, and discreet where someone asked for that."""

import re
from pathlib import Path

import pytest
from textstat import textstat

from services.notifications.gateways import letters, rendering
from tests.notifications.texts import (
    EVERY_TEXT,
    HIGHEST_GRADE,
    SESSION,
    SETTINGS,
    TEMPLATES,
    VERSIONS,
    draft,
    letter,
    mail,
    words,
)

# --- NOT-05 ---


def test_not_05_every_message_has_a_file_and_every_file_is_a_message():
    folder = Path(rendering.TEMPLATES) / "messages"
    without_account = {"answer-by-mail", "foot-once"}  # test_answers_by_mail.py
    parts = {"foot", "ways", "faults", "lines-not-agreed", "lines-for-receipt", "foot-on-paper"}
    assert {path.stem for path in folder.glob("*.j2")} == set(TEMPLATES) | parts | without_account


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_a_nine_year_old_can_read_every_text(template: str, version: str):
    found = letter(template, version, title="Choosing who runs the cafe")
    read = [line for line in [*found.body, *found.foot] if line.shape != "link"]
    assert textstat.automated_readability_index(words(read)) <= HIGHEST_GRADE[version]


@pytest.mark.parametrize("template", TEMPLATES)
def test_not_05_easy_read_has_one_short_idea_a_line(template: str):
    found = letter(
        template, "easy-read", title="Choosing who runs the cafe", short_notice_reason="The room was free now."
    )
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
    ("ending", "said"),
    [
        ("used", "what has changed"),
        ("not-used", "why"),
        ("joined", "Other people told us"),
        ("thanked", "good to hear"),
    ],
)
def test_fb_04_the_giver_reads_what_became_of_it(ending: str, said: str):
    for version in ("plain", "easy-read"):
        assert said in words(list(letter("feedback-closed", version, ending=ending).body))


def test_fb_04_feedback_about_nothing_in_particular_reads_well():
    for version in ("plain", "easy-read"):
        text = words(list(letter("feedback-closed", version, title="").body))
        assert "“”" not in text and '""' not in text and "about:." not in text


@pytest.mark.parametrize("host", ["", "The Test Network"])
@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_between_two_sentences_there_is_a_space(template: str, version: str, host: str):
    found = letter(template, version, host=host)
    for line in [*found.body, *found.foot]:
        assert not (run := re.search(r"[a-z”][.!?][A-Z]", line.text)), f"{run}: {line.text}"


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
        ("recovery-code-used", True, "recovery codes was used"),
        ("recovery-code-used", False, "Ring them"),
        ("recovery-codes-made", True, "New recovery codes were made"),
    ],
)
@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_a_changed_second_step_is_told_in_words_that_say_what_to_do(what: str, mine: bool, says: str, version: str):
    found = letter("second-step-changed", version, what=what, mine=mine)
    assert textstat.automated_readability_index(words(list(found.body))) <= HIGHEST_GRADE[version]
    if version == "plain" or mine:
        assert says in rendering.as_text(found).replace("\n", " ")


def test_net_01_a_hosts_name_is_no_link_at_the_foot_either() -> None:
    found = letter("opportunity-created", "plain", host="https://osprey.test/a")
    said = [line.text for line in found.foot if "told you about it" in line.text]
    assert said and "osprey (dot) test" in said[0] and not any("osprey.test" in line.text for line in found.foot)
