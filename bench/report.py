"""A measured figure and what it is compared with, and the file that keeps everything needed to doubt it."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. ratio is how many times better we are; goal is the ratio or the limit that we set ourselves."""

    figure: str
    ours: float | None
    unit: str
    against: str
    theirs: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    note: str = ""
    """What each does and does not promise."""


@dataclass(slots=True)
class Result:
    name: str
    machine: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, Any] = field(default_factory=dict)

    def save(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1, default=str) + "\n")
        return path


def compared(
    figure: str,
    ours: float,
    unit: str,
    against: str,
    theirs: float,
    *,
    better: Literal["more", "less"],
    times: float | None = None,
    note: str = "",
) -> Row:
    """A row whose goal, if any, is to be `times` as good as the other in the same run."""
    ratio = ours / theirs if better == "more" else theirs / ours
    goal = "" if times is None else f"at least {times:g} times"
    return Row(figure, ours, unit, against, theirs, ratio, goal, None if times is None else ratio >= times, note)


def bounded(figure: str, ours: float, unit: str, *, most: float, note: str = "") -> Row:
    """A row whose goal is an absolute limit."""
    return Row(figure, ours, unit, "a bound", None, None, f"at most {most:g} {unit}", ours <= most, note)


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


def middle(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def show(result: Result, console: Console) -> None:
    table = Table(title=f"{result.name} on {result.machine['processor']}, {result.machine['cores']} cores")
    for heading in ("figure", "ours", "unit", "against", "theirs", "ratio", "goal", "met"):
        table.add_column(heading, justify="right" if heading in ("ours", "theirs", "ratio") else "left")
    for row in result.rows:
        met = {True: "yes", False: "NO", None: ""}[row.met]
        table.add_row(
            row.figure, _number(row.ours), row.unit, row.against, _number(row.theirs), _number(row.ratio), row.goal, met
        )
    console.print(table)
    for note in dict.fromkeys(row.note for row in result.rows if row.note):
        console.print(f"· {note}", style="dim", highlight=False)
    load = result.machine["load_before"]
    if load > 0.5:
        console.print(
            f"The machine was not quiet: its load was {load:.1f} at the start. Ratios come from alternating rounds.",
            style="yellow",
        )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
