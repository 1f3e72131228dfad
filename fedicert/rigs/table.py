"""What a bench found, as a table for people and JSON for machines: medians of the runs, and ratios to the limits
measured beside them. It measures nothing and judges only against the aim it is given.
"""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Measure:
    """One number, measured several times: `runs` in `unit`; its value is their median."""

    bench: str
    name: str
    unit: str
    runs: tuple[float, ...]

    @property
    def value(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> float:
        """(largest - smallest) / median; 0 for a single run."""
        return (max(self.runs) - min(self.runs)) / self.value if self.value else 0.0


@dataclass(frozen=True)
class Ratio:
    """A measure set against a limit measured in the same run, and what it should be: at least or at most the aim."""

    bench: str
    name: str
    value: float
    aim: float
    sense: Literal["at least", "at most"] = "at least"

    @property
    def met(self) -> bool:
        """Is the aim reached?"""
        return self.value >= self.aim if self.sense == "at least" else self.value <= self.aim


@dataclass
class Results:
    """Everything a bench run found, in the order in which it came."""

    machine: Mapping[str, Any] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)

    def add(self, bench: str, name: str, unit: str, *runs: float) -> Measure:
        """Keep a measure and return it; ValueError without a run."""
        if not runs:
            raise ValueError(f"{bench} {name}: nothing was measured")
        measure = Measure(bench, name, unit, tuple(float(run) for run in runs))
        self.measures.append(measure)
        return measure

    def compare(
        self,
        bench: str,
        name: str,
        value: float,
        limit: float,
        aim: float,
        sense: Literal["at least", "at most"] = "at least",
    ) -> Ratio:
        """Keep value ÷ limit as a ratio with its aim; a limit of 0 is a measurement that failed: ValueError."""
        if limit == 0:
            raise ValueError(f"{bench} {name}: the limit is 0, nothing can be compared with it")
        ratio = Ratio(bench, name, value / limit, aim, sense)
        self.ratios.append(ratio)
        return ratio

    def missed(self) -> list[Ratio]:
        """The ratios that miss their aims."""
        return [ratio for ratio in self.ratios if not ratio.met]

    def as_json(self) -> str:
        """All runs, medians, ratios and the machine, indented, keys in a fixed order."""
        document = {
            "machine": dict(self.machine),
            "measures": [
                {
                    "bench": measure.bench,
                    "name": measure.name,
                    "unit": measure.unit,
                    "median": measure.value,
                    "runs": list(measure.runs),
                }
                for measure in self.measures
            ],
            "ratios": [
                {
                    "bench": ratio.bench,
                    "name": ratio.name,
                    "value": ratio.value,
                    "sense": ratio.sense,
                    "aim": ratio.aim,
                    "met": ratio.met,
                }
                for ratio in self.ratios
            ],
        }
        return json.dumps(document, indent=2)

    def as_text(self) -> str:
        """Two tables: what was measured, and the ratios with their aims."""
        measured = [
            (measure.bench, measure.name, number(measure.value), measure.unit, _spread(measure))
            for measure in self.measures
        ]
        compared = [
            (ratio.bench, ratio.name, number(ratio.value), f"{ratio.sense} {number(ratio.aim)}", _verdict(ratio))
            for ratio in self.ratios
        ]
        text = table(("bench", "measured", "median", "unit", "spread"), measured, right=(2, 4))
        if compared:
            text += "\n" + table(("bench", "ratio", "value", "aim", ""), compared, right=(2,))
        return text


def _spread(measure: Measure) -> str:
    return f"{measure.spread:.0%} of {len(measure.runs)}" if len(measure.runs) > 1 else "1 run"


def _verdict(ratio: Ratio) -> str:
    return "met" if ratio.met else "MISSED"


def number(value: float) -> str:
    """Three figures that count: 5,412 · 54.1 · 0.541 · 0.0054."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:.3g}"
    return f"{value:.3f}" if abs(value) >= 0.1 else f"{value:.2g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A Markdown table with its columns aligned; `right` are the columns set to the right."""
    cells = [list(map(str, head)), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        set_out = [
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ]
        return f"| {' | '.join(set_out)} |"

    rule = [f"{'-' * (width - 1)}:" if column in right else "-" * width for column, width in enumerate(widths)]
    return "\n".join([line(cells[0]), line(rule), *[line(row) for row in cells[1:]]]) + "\n"


def machine() -> dict[str, Any]:
    """What the numbers were measured on: cores, processor, memory, Python, system."""
    import os
    import platform

    found: dict[str, Any] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }
    for path, prefix, key in (("/proc/cpuinfo", "model name", "processor"), ("/proc/meminfo", "MemTotal", "memory")):
        try:
            with open(path) as lines:
                found[key] = next(line.split(":", 1)[1].strip() for line in lines if line.startswith(prefix))
        except (OSError, StopIteration):
            continue
    return found
