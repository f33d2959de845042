"""Figures are compared the right way round, and everything needed to doubt them is kept."""

import json

import pytest
from rich.console import Console

from bench import report
from bench.machine import describe
from bench.report import Result, bounded, compared, percentile, show


def test_a_ratio_says_how_many_times_better_we_are():
    faster = compared("speed", 300.0, "rows/s", "theirs", 100.0, better="more", times=3)
    assert (faster.ratio, faster.met) == (3.0, True)
    slower = compared("speed", 299.0, "rows/s", "theirs", 100.0, better="more", times=3)
    assert slower.met is False
    sooner = compared("delay", 5.0, "ms", "theirs", 10.0, better="less", times=1)
    assert (sooner.ratio, sooner.met) == (2.0, True)
    later = compared("delay", 10.5, "ms", "theirs", 10.0, better="less", times=1)
    assert later.met is False
    assert compared("speed", 1.0, "rows/s", "theirs", 9.0, better="more").met is None


def test_a_bound_is_met_up_to_its_value():
    assert bounded("delay", 15.0, "ms", most=15).met is True
    assert bounded("delay", 15.1, "ms", most=15).met is False


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1), (0.991, 100)])
def test_a_percentile_is_a_sample_that_this_share_does_not_exceed(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected
    assert percentile([7.0], share) == 7.0


def test_a_result_keeps_samples_settings_versions_and_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    result = Result(
        "outbox",
        describe(),
        [bounded("delay", 1.0, "ms", most=15, note="what it promises")],
        {"batch": 1000},
        {"ms": [1.0]},
    )
    kept = json.loads(result.save().read_text())
    assert kept["samples"] == {"ms": [1.0]}
    assert kept["settings"] == {"batch": 1000}
    assert kept["rows"][0]["met"] is True
    assert kept["machine"]["versions"]["asyncpg"][0].isdigit()
    assert kept["machine"]["cores"] >= 1
    console = Console(record=True, width=200)
    show(result, console)
    assert "what it promises" in console.export_text()
