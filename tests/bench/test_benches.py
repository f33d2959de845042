"""Each bench runs from end to end with tiny numbers: these say nothing of speed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import consume, latency, outbox
from bench.relays.base import messages
from bench.relays.worker import CONTENDERS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(240)
async def test_outbox_carries_every_contenders_rows():
    result = await outbox.measure(rows=300, rounds=1)
    assert {row.against for row in result.rows} == {"faststream-outbox", "nats-outbox", "raw atomic publishing"}
    assert all(speed > 0 for speeds in result.samples["rows_per_second"].values() for speed in speeds)
    assert sum(row.goal == "at least 10 times" for row in result.rows) == 1


@pytest.mark.timeout(240)
async def test_latency_hears_every_contenders_events():
    result = await latency.measure(events=10, per_second=50, rounds=1)
    assert [len(samples) for samples in result.samples["milliseconds"].values()] == [10, 10, 10]
    assert all(delay > 0 for samples in result.samples["milliseconds"].values() for delay in samples)


@pytest.mark.timeout(240)
async def test_consume_writes_every_row_both_ways():
    result = await consume.measure(events=200, rounds=1, trickle=5, sweep=(4,))
    assert set(result.samples["sweep"]) == {4}
    assert len(result.samples["trickle_ms"]) == 5


def test_every_contender_sends_the_same_message():
    [one] = messages(1)
    assert one.headers["Nats-Msg-Id"] == one.headers["ce-id"] == str(one.id)
    assert all(contender.promises for contender in CONTENDERS.values())


def test_the_list_names_each_bench_and_what_it_measures():
    listed = subprocess.run(
        [sys.executable, "-m", "bench"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    for name in ("outbox", "latency", "consume", "pages"):
        assert f"{name}: " in listed


def test_an_unknown_bench_is_refused():
    asked = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.returncode == 2
    assert "invalid choice" in asked.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "bench" / "results").glob("*.json")), ids=lambda path: path.stem)
def test_kept_results_say_their_machine_and_their_samples(path):
    kept = json.loads(path.read_text())
    assert kept["machine"]["processor"]
    assert kept["samples"]
    assert kept["settings"]
