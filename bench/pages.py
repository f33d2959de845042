"""How long the server takes for the pages that people use most, and what a first visit transfers.

The demo's story is played first, so that the pages show what they show in use. A request's time is what a client on
the same machine sees, one request after another. Bytes are what Chromium counts with an empty cache, headers and
fonts included.
"""

import asyncio
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
from playwright.async_api import async_playwright

from bench.machine import describe
from bench.report import Result, Row, bounded, percentile
from deploy.demo.play import Story, Theatre, play
from deploy.demo.story import STEPS
from deploy.local.instance import Instance
from deploy.local.runner import RunningOrganisation
from deploy.local.servers import temporary_directory

MOST_KB = 150.0
FIRST_VISITS = ("/opportunities", "/people/sign-in")


async def measure(*, requests: int = 200, rounds: int = 1) -> Result:
    result = Result("pages", describe())
    result.settings = {
        "requests_per_page": requests * rounds,
        "organisation": "five services in one process, PostgreSQL with fsync, no proxy in front",
    }
    times, visits = await asyncio.to_thread(_on_an_organisation, requests * rounds)
    result.samples = {"milliseconds": times, "first_visit_bytes": visits}
    for page, samples in times.items():
        for share, label in ((0.5, "p50"), (0.99, "p99")):
            result.rows.append(Row(f"{page}, {label}", percentile(samples, share), "ms", ""))
    for path, parts in visits.items():
        kilobytes = sum(parts.values()) / 1000
        result.rows.append(
            bounded(
                f"first visit of {path}",
                kilobytes,
                "kB",
                most=MOST_KB,
                note="Bytes over the wire, with fonts, style, script and headers.",
            )
        )
    return result


def _on_an_organisation(requests: int) -> tuple[dict[str, list[float]], dict[str, dict[str, int]]]:
    with played_story() as story:
        times = {name: _times(story, who, path, requests) for name, who, path in pages_of(story)}
        visits = {path: asyncio.run(first_visit(story.place.site + path)) for path in FIRST_VISITS}
    return times, visits


@contextmanager
def played_story() -> Iterator[Story]:
    """A running organisation on which the demo's story was played to its end."""
    with temporary_directory() as directory:
        instance = Instance.open("bench", directory / "instance", organisation_name="The bench", mode="demo")
        with RunningOrganisation(instance) as organisation:
            headers = {"authorization": f"Bearer {instance.operator_token()}", "accept": "application/json"}
            with httpx.Client(base_url=organisation.url, headers=headers, timeout=120, trust_env=False) as operator:
                place = Theatre(
                    organisation.url,
                    instance.facts.ports["imap"],
                    instance.facts.passwords["mail"],
                    operator,
                    people_database=instance.database_url("people"),
                )
                story = Story.read(place)
                try:
                    outcomes = play(story, STEPS, lambda _: None, lambda _: None)
                    for outcome in outcomes:
                        if outcome.problem:
                            raise RuntimeError(f"The story stopped at “{outcome.step.title}”: {outcome.problem}")
                    yield story
                finally:
                    story.close()


def pages_of(story: Story) -> Sequence[tuple[str, str | None, str]]:
    """What is measured: a name, who opens it (None: a visitor), and its address."""
    kept = story.kept
    return (
        ("what is on", None, "/opportunities"),
        ("an opportunity", None, f"/opportunities/{kept['opportunity']}"),
        ("the board", None, "/feedback/board"),
        ("home of a participant", "driver", "/"),
        ("my place", "driver", kept["driver_place"]),
        ("my claims", "driver", "/payments/claims"),
        ("a claim", "driver", kept["driver_claim_page"]),
        ("an opportunity, for its coordinator", "coordinator", kept["staff"]),
        ("claims to approve", "approver", "/payments/approve"),
        ("payment runs", "finance", "/payments/runs"),
        ("a claim's whole way", "operator", f"/operator/claims/{kept['driver_claim']}"),
    )


def _times(story: Story, who: str | None, path: str, requests: int) -> list[float]:
    visitor = story.person(who) if who else story.somebody()
    visitor.open(path)  # the first request fills caches, like the first visitor of a day
    times = []
    for _ in range(requests):
        begun = time.perf_counter()
        answer = visitor.client.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
    return times


async def first_visit(url: str) -> dict[str, int]:
    """Bytes transferred for each thing that Chromium fetches for a page, with an empty cache."""
    sizes: dict[str, int] = {}
    addresses: dict[str, str] = {}
    async with async_playwright() as playwright:
        program = (
            shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chromium-browser")
        )
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page()
        network = await page.context.new_cdp_session(page)
        network.on(
            "Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]})
        )
        network.on(
            "Network.loadingFinished",
            lambda event: sizes.update({addresses[event["requestId"]]: int(event["encodedDataLength"])}),
        )
        await network.send("Network.enable")
        await page.goto(url, wait_until="networkidle")
        await browser.close()
    return {address.partition("://")[2].partition("/")[2]: size for address, size in sizes.items()}
