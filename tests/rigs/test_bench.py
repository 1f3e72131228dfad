"""Each bench runs in a tiny size against a real instance and gives the numbers it promises; how large they are is no
matter of a test."""

import json
import math

import pytest

from fedicert.cli.bench import NAMES
from fedicert.cli.main import main
from fedicert.rigs.bench.runner import BENCHES, measure
from fedicert.rigs.table import Results

RATIOS = {
    "fanout": 2,
    "home": 4,
    "post": 2,
    "follow": 2,
    "inbox": 1,
    "admit": 5,
    "settle": 3,
    "ledger": 2,
    "issue": 2,
    "verify": 2,
    "start": 3,
}


def test_the_command_knows_the_benches():
    assert tuple(BENCHES) == NAMES


@pytest.mark.parametrize("name", RATIOS)
def test_a_bench_measures_what_it_says(name):
    results, kept, failed = measure([name], runs=1, quick=True)
    assert (kept, failed) == ([], [])
    assert {measured.bench for measured in results.measures} == {name}
    assert all(math.isfinite(measured.value) and len(measured.runs) == 1 for measured in results.measures)
    assert len(results.ratios) == RATIOS[name]
    assert all(math.isfinite(ratio.value) and ratio.aim > 0 for ratio in results.ratios)
    _whole(results)


def _whole(results: Results) -> None:
    document = json.loads(results.as_json())
    assert len(document["measures"]) == len(results.measures)
    assert document["machine"]["engine"] == "sqlite"
    text = results.as_text()
    assert all(measured.name in text for measured in results.measures)


def test_a_bench_that_fails_stops_no_other(monkeypatch):
    def broken(_):
        raise ValueError("a delivery is missing")

    monkeypatch.setattr("fedicert.rigs.bench.runner.BENCHES", {"fanout": broken, "start": BENCHES["start"]})
    results, _, failed = measure([], runs=1, quick=True)
    assert failed == ["fanout: a delivery is missing"]
    assert {measured.bench for measured in results.measures} == {"start"}


def test_a_follow_costs_two_fetches_at_most():
    results, _, _ = measure(["follow"], runs=1, quick=True)
    fetches = next(ratio for ratio in results.ratios if ratio.name == "fetches a Follow")
    assert fetches.met


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bench", "speed"], "no bench 'speed'"),
        (["bench", "start", "--runs", "0"], "--runs"),
        (["bench", "start", "--engine", "postgres"], "--server"),
    ],
)
def test_misuse_is_answered_with_a_sentence(words, said, capsys):
    assert main(words) == 1
    assert said in capsys.readouterr().err
