"""Plays the story on a running organisation, or on several of a region, and keeps what was observed from outside.

Every step uses pages, mail, feeds or an import.
"""

import re
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

import httpx
from pyotp.totp import TOTP

from deploy.client.clock import ClockProblem, move
from deploy.client.mailbox import caught
from deploy.demo.visitor import NotAsExpected, Visitor
from shared.clock import LONDON

T = TypeVar("T")
HERE = Path(__file__).parent
PATIENCE = 60.0
"""Seconds to wait for what has to happen by itself: a mail, a claim that opens."""


@dataclass(frozen=True)
class Theatre:
    """Where the story is played: one organisation."""

    site: str
    imap_port: int
    mail_password: str
    operator: httpx.Client
    """For imports and business time, as the operator's tool."""
    files: Path = HERE
    """The folder of its spreadsheets."""
    called: str = ""
    """The organisation, as people know it."""
    people_database: str = ""
    """Where its first administrators are made from the command line."""


class SecondStep:
    """Somebody's authenticator app. It is set up on the page for it, as people do, and shows each code once."""

    _used: ClassVar[dict[str, int]] = {}

    def __init__(self, secrets: dict[str, str], address: str) -> None:
        self.secrets = secrets
        self.address = address

    def give(self, visitor: Visitor) -> None:
        visitor.confirm = None
        try:
            if visitor.page.path == "/people/confirm":
                visitor.fill(code=self.code()).press("Confirm")
                return
            shown = visitor.page.soup.find(id="secret")
            if shown is None:
                raise NotAsExpected(f"no secret on {visitor.page.described()}")
            self.secrets[self.address] = shown.get_text().replace(" ", "")
            visitor.fill(code=self.code()).press("Turn it on")
            visitor.follow("I have kept them")
        finally:
            visitor.confirm = self.give

    def code(self) -> str:
        """A code that was not shown before: the current one, or the next, which is accepted already; otherwise waits
        for it."""
        secret = self.secrets[self.address]
        step = max(int(time.time()) // 30, self._used.get(secret, 0) + 1)
        time.sleep(max(0.0, (step - 1) * 30 - time.time() + 0.5))
        self._used[secret] = step
        return TOTP(secret).generate_otp(step)


@dataclass
class Story:
    place: Theatre
    facts: dict[str, Any]
    people: dict[str, str]
    """Who plays a part here: their email addresses."""
    neighbours: dict[str, "Story"] = field(default_factory=dict)
    """The same story at the other organisations of the region, by short name."""
    welcome: Callable[[str, str], Theatre] | None = None
    """Lets one more organisation into the region, by its short name and the name that people know, and starts it."""
    undisturbed: bool = True
    """Whether no process was killed on the way: if not, the spans are complete too (those of a killed process are
    lost)."""
    observed: list[str] = field(default_factory=list)
    """What was seen from outside in the step that is being played."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What a later step needs of an earlier one: addresses and ids, as the pages showed them."""
    secrets: dict[str, str] = field(default_factory=dict)
    """The secret of each second step that was set up, by address: whoever looks around types it into an app."""
    _visitors: dict[str, Visitor] = field(default_factory=dict)
    _mails_read: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Theatre, file: Path = HERE / "story.toml") -> "Story":
        facts = tomllib.loads(file.read_text())
        return cls(place, facts, facts["people"])

    @classmethod
    def of_region(cls, place: Theatre, others: Mapping[str, Theatre], file: Path = HERE / "story.toml") -> "Story":
        """The story at the organisation whose claim is followed, with its neighbours beside it. What is seen and kept
        is one."""
        story = cls.read(place, file)
        for name, there in others.items():
            story.beside(name, there, story.facts["network"]["people"][name])
        return story

    def beside(self, organisation: str, place: Theatre, people: dict[str, str]) -> "Story":
        """One more neighbour."""
        self.neighbours[organisation] = made = Story(place, self.facts, people, observed=self.observed, kept=self.kept)
        return made

    def at(self, organisation: str) -> "Story":
        """The story at a neighbour."""
        return self.neighbours[organisation]

    def saw(self, sentence: str) -> None:
        self.observed.append(sentence)

    def address(self, part: str) -> str:
        """The email address of somebody in the story."""
        return self.people[part]

    def somebody(self) -> Visitor:
        """A visitor who has not signed in."""
        return Visitor(self.place.site, "a visitor")

    def person(self, part: str) -> Visitor:
        """Somebody of the story, signed in with the code from their mail."""
        if part not in self._visitors:
            self._visitors[part] = self._sign_in(part)
        return self._visitors[part]

    def leave(self, part: str) -> None:
        """Somebody closes their browser; next time they sign in again."""
        for known in [known for known in self._visitors if self.address(known) == self.address(part)]:
            self._visitors.pop(known).client.close()

    def _sign_in(self, part: str) -> Visitor:
        visitor = Visitor(self.place.site, part.replace("_", " "))
        self.mails(part)  # those before do not count
        visitor.open("/people/sign-in")
        visitor.fill(email=self.address(part)).press("Send me a code")
        mail = self.next_mail(part, "code")
        code = re.search(r"^\s*(\d{6})\s*$", text_of(mail), re.MULTILINE)
        if code is None:
            raise NotAsExpected(f"no six-digit code in the mail to {part}")
        visitor.confirm = SecondStep(self.secrets, self.address(part)).give
        visitor.fill(code=code[1]).press("Continue")
        return visitor

    def mails(self, part: str) -> list[EmailMessage]:
        """Mails to somebody that were not looked at yet, oldest first."""
        return self.mails_to(self.address(part))

    def mails_to(self, address: str) -> list[EmailMessage]:
        read = self._mails_read.get(address, 0)
        new = caught(address, self.place.imap_port, self.place.mail_password, after=read)
        self._mails_read[address] = read + len(new)
        return new

    def next_mail(self, part: str, words: str) -> EmailMessage:
        """The next mail to somebody with these words in its subject or text; earlier ones are passed over."""
        address = self.address(part)

        def look() -> EmailMessage | None:
            before = self._mails_read.get(address, 0)
            for number, mail in enumerate(self.mails_to(address), before + 1):
                if words.lower() in f"{subject_of(mail)}\n{text_of(mail)}".lower():
                    self._mails_read[address] = number
                    return mail
            return None

        return wait_for(f"a mail to {part} that says “{words}”", look)

    def now(self) -> datetime:
        """Business time, in London."""
        answer = self.place.operator.get("/people/operator/state")
        return datetime.fromisoformat(answer.json()["business_time"]).astimezone(LONDON)

    def move_to(self, moment: datetime) -> None:
        """Moves business time forward to a moment, in every organisation."""
        for place in (self.place, *(neighbour.place for neighbour in self.neighbours.values())):
            try:
                move(place.operator, moment)
            except ClockProblem as problem:
                raise NotAsExpected(str(problem)) from None

    def day_of_session(self, weeks_ahead: int) -> date:
        """The first Thursday some weeks ahead."""
        day = self.now().date() + timedelta(weeks=weeks_ahead)
        return day + timedelta(days=(3 - day.weekday()) % 7)

    def close(self) -> None:
        for visitor in self._visitors.values():
            visitor.client.close()
        for neighbour in self.neighbours.values():
            neighbour.close()


@dataclass(frozen=True)
class Scene:
    number: int
    title: str
    play: Callable[[Story], None]


@dataclass(frozen=True)
class Outcome:
    step: Scene
    seconds: float
    observed: Sequence[str]
    problem: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step.number,
            "title": self.step.title,
            "ok": self.problem is None,
            "seconds": round(self.seconds, 2),
            "observed": list(self.observed),
            "problem": self.problem,
        }


def play(
    story: Story, steps: Sequence[Scene], tell: Callable[[Outcome], None], begin: Callable[[Scene], None]
) -> list[Outcome]:
    """Plays the steps in order; stops at the first that went differently."""
    outcomes = []
    for step in steps:
        begin(step)
        story.observed.clear()
        started, problem = time.monotonic(), None
        try:
            step.play(story)
        except NotAsExpected as error:
            problem = str(error)
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__}: the organisation did not answer"
        except OSError as error:
            problem = f"{type(error).__name__}: {error}"
        if problem is None and not story.observed:
            problem = "nothing was observed"
        outcome = Outcome(step, time.monotonic() - started, tuple(story.observed), problem)
        tell(outcome)
        outcomes.append(outcome)
        if problem:
            break
    return outcomes


def says(visitor: Visitor, path: str, words: str) -> bool:
    """Whether a page says it by now."""
    return words.lower() in visitor.open(path).text.lower()


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """Looks again and again until there is something to see."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotAsExpected(f"{what} did not come within {PATIENCE:.0f} seconds")
        time.sleep(0.1)


def subject_of(mail: EmailMessage) -> str:
    return " ".join(str(mail["subject"]).split())


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return body.get_content() if body else ""


def part_of(mail: EmailMessage, media_type: str) -> str:
    """The first part of this type, as text."""
    for part in mail.walk():
        if part.get_content_type() == media_type:
            content = part.get_payload(decode=True)
            return content.decode() if isinstance(content, bytes) else str(content)
    raise NotAsExpected(f"the mail “{subject_of(mail)}” has no {media_type}")


def link_in(mail: EmailMessage, part: str) -> str:
    """The path of the first link in a mail whose address holds part."""
    for address in re.findall(r"https?://\S+", text_of(mail)):
        path = urlsplit(address.rstrip(".,)>")).path
        if part in path:
            return path
    raise NotAsExpected(f"the mail “{subject_of(mail)}” has no link to {part}")


def id_in(path: str) -> str:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", path)
    if found is None:
        raise NotAsExpected(f"no id in the address {path}")
    return found[0]
