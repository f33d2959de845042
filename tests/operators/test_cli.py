"""`chorus trace` and `chorus dead-letters`, against two real services behind one address."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner, Result

from deploy.cli import dead_letters, trace
from deploy.local.front import Front
from shared.db import Command, new_id
from shared.identity import Role, SignIn, issue_token
from shared.service import Service
from tests.messaging.support import SEEN, SOMEBODY, Listener, place_taken, tell, teller
from tests.operators.support import operator_app, serving
from tests.operators.test_pages import GONE, _claim
from tests.support.apps import SIGNING_KEY, eventually
from tests.support.servers import ORGANISATION

PARTS = ("opportunities", "payments")
CHORUS = typer.Typer()
CHORUS.command("trace")(trace.trace)
CHORUS.add_typer(dead_letters.app, name="dead-letters")


@dataclass
class Facts:
    organisation_name: str = "The Test Voice"


class Instance:
    """Stands for an instance's folder: the addresses and the key that it holds."""

    facts = Facts()

    def __init__(self, **urls: str) -> None:
        self.urls = urls
        self.local_url = urls["web"]

    def url_of(self, part: str) -> str:
        return self.urls[part]

    def operator_token(self) -> str:
        return issue_token(SIGNING_KEY, ORGANISATION, SignIn(new_id(), new_id(), frozenset({Role.OPERATOR}), tool=True))


@dataclass
class Organisation:
    teller: Service
    listener: Listener
    instance: Instance

    async def chorus(self, *words: object) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, CHORUS, [str(word) for word in words])

    async def chorus_json(self, *words: object) -> tuple[int, Any]:
        """The exit code and the JSON. Before it may stand log lines of the services, which share this process's
        output."""
        answer = await self.chorus(*words, "--json")
        return answer.exit_code, json.loads(answer.stdout[answer.stdout.index("{") :])


@contextlib.asynccontextmanager
async def organisation(
    folder: Path, postgres: Any, nats: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Organisation]:
    service, app = teller(folder, postgres.bare_database("opportunities"), nats)
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats)
    whole: Any = Front({"opportunities": app, "payments": listener.app})
    operator = operator_app(folder, postgres.database("operator"), {})
    async with serving(whole) as web, serving(operator) as operators:
        operator.state.service.settings.service_urls.update(dict.fromkeys(PARTS, web))
        instance = Instance(web=web, operator=operators)
        for module in (trace, dead_letters):
            monkeypatch.setattr(module, "reached", lambda *_, **__: instance)
        monkeypatch.setattr(trace, "OURS", PARTS)
        yield Organisation(service, listener, instance)


async def _rows(service: Service, table: str) -> int:
    return await service.database.read(lambda tx: tx.scalar(text(f"SELECT count(*) FROM {table}")))


def folded(shown: str, column: int) -> str:
    """What stands in a column of a table, its folded lines put together, without the heading."""
    rows = [line.split("│") for line in shown.splitlines() if line.startswith("│")]
    return "".join(row[column + 1].strip() for row in rows)


async def test_trace_shows_a_claims_way_and_says_whether_it_is_whole(folder, postgres, nats_server, monkeypatch):
    claim_id = new_id()
    async with organisation(folder, postgres, nats_server, monkeypatch) as here:
        await here.teller.database.run(Command("record-attendance", SOMEBODY), lambda tx: _claim(tx, claim_id))
        await eventually(lambda: _rows(here.listener.service, "inbox"))
        code, told = await here.chorus_json("trace", claim_id)
        assert (code, told["whole"], told["problems"]) == (0, True, [])
        assert (told["steps"][0]["service"], told["steps"][0]["what"]) == ("opportunities", "record-attendance")
        assert told["spans"] == {"received": 0, "graphs": 0, "traces": []}
        shown = await here.chorus("trace", claim_id)
        assert shown.exit_code == 0
        assert "The way is whole" in shown.stdout
        assert folded(shown.stdout, column=5).startswith(told["steps"][0]["trace_id"]), "at 80 columns, too"
        here.instance.urls["operator"] = GONE
        code, told = await here.chorus_json("trace", claim_id)
        assert (code, told["spans"]) == (0, None)


async def test_trace_fails_in_words(folder, postgres, nats_server, monkeypatch):
    async with organisation(folder, postgres, nats_server, monkeypatch) as here:
        assert (await here.chorus("trace", "not-a-claim")).exit_code == 2
        code, told = await here.chorus_json("trace", new_id())
        assert code == 1
        assert "No service knows" in told["error"]
        here.instance.urls["web"] = GONE
        code, told = await here.chorus_json("trace", new_id())
        assert code == 3
        assert "does not answer" in told["error"]
        assert (await here.chorus("dead-letters", "list")).exit_code == 3


async def test_dead_letters_are_listed_inspected_and_replayed(folder, postgres, nats_server, monkeypatch):
    monkeypatch.setattr("shared.messaging.consumer.DELAYS", ())
    async with organisation(folder, postgres, nats_server, monkeypatch) as here:
        assert await here.chorus_json("dead-letters", "list") == (0, {"dead_letters": [], "silent": []})
        event = place_taken()
        here.listener.fails_on.add(event.place_id)
        await tell(here.teller, event)
        await eventually(lambda: _rows(here.listener.service, "dead_letters"))

        code, told = await here.chorus_json("dead-letters", "list")
        [dead_letter] = told["dead_letters"]
        assert (code, dead_letter["service"], dead_letter["reason"]) == (1, "payments", "failed: RuntimeError")
        code, whole = await here.chorus_json("dead-letters", "inspect", dead_letter["id"])
        assert json.loads(whole["body"])["place_id"] == str(event.place_id)
        code, told = await here.chorus_json("dead-letters", "replay", dead_letter["id"])
        assert (code, told["replayed"][0]["done"]) == (1, False)

        here.listener.fails_on.clear()
        code, told = await here.chorus_json("dead-letters", "replay", "--all")
        assert (code, told["replayed"][0]["done"]) == (0, True)
        assert await here.listener.seen() == [event.place_id]
        assert (await here.chorus("dead-letters", "list")).exit_code == 0
        assert (await here.chorus("dead-letters", "list", "--all")).exit_code == 0
        assert "No message waits" in (await here.chorus("dead-letters", "replay", "--all")).stdout


async def test_dead_letters_asked_for_in_a_wrong_way_change_nothing(folder, postgres, nats_server, monkeypatch):
    async with organisation(folder, postgres, nats_server, monkeypatch) as here:
        assert (await here.chorus("dead-letters", "replay")).exit_code == 2
        assert (await here.chorus("dead-letters", "replay", new_id(), "--all")).exit_code == 2
        for words in (("inspect", new_id()), ("replay", new_id())):
            code, told = await here.chorus_json("dead-letters", *words)
            assert code == 1
            assert "No service has a parked message" in told["error"]
