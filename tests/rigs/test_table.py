"""Results: medians, ratios and their aims, in words and in JSON."""

import json

import pytest

from fedicert.rigs.table import Results, machine, number, table


def test_medians_ratios_and_misses() -> None:
    results = Results(machine={"cores": 2})
    rate = results.add("fanout", "deliveries", "1/s", 90, 110, 100)
    assert (rate.value, rate.spread) == (100, 0.2)
    assert results.compare("fanout", "of signing", rate.value, 200, aim=0.75).met is False
    assert results.compare("home", "of a bare page", 0.2, 0.06, aim=4.5, sense="at most").met is True
    assert [ratio.bench for ratio in results.missed()] == ["fanout"]
    told = json.loads(results.as_json())
    assert told["measures"][0] == {
        "bench": "fanout",
        "name": "deliveries",
        "unit": "1/s",
        "median": 100.0,
        "runs": [90.0, 110.0, 100.0],
    }
    assert [ratio["met"] for ratio in told["ratios"]] == [False, True]
    text = results.as_text()
    assert "at least 0.750" in text
    assert "MISSED" in text
    assert "20% of 3" in text


def test_nothing_measured_is_no_result() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Results().add("fanout", "deliveries", "1/s")
    with pytest.raises(ValueError, match="the limit is 0"):
        Results().compare("a", "b", 1, 0, aim=1)


def test_numbers_have_three_figures() -> None:
    given = (5412.3, 541.2, 54.12, 5.412, 0.5412, 0.00541, 0)
    assert [number(value) for value in given] == ["5,412", "541", "54.1", "5.41", "0.541", "0.0054", "0"]


def test_columns_are_aligned() -> None:
    lines = table(("a", "b"), [("x", "1"), ("long", "1000")], right=(1,)).splitlines()
    assert lines == ["| a    |    b |", "| ---- | ---: |", "| x    |    1 |", "| long | 1000 |"]


def test_the_machine_is_named() -> None:
    assert {"cores", "python", "system"} <= machine().keys()
