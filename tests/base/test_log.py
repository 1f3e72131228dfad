import io
import json

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import NotFound
from fedicert.base.log import Log


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> Log:
    return Log(stream, clock=FrozenClock(1_767_323_045_678))


def test_one_line_per_event(log: Log, stream: io.StringIO) -> None:
    log("delivered", host="far.example", ms=12)
    log("refused", "warning", status=422)
    first, second = stream.getvalue().splitlines()
    assert first == (
        '{"ts":"2026-01-02T03:04:05.678Z","level":"info","event":"delivered","host":"far.example","ms":12}'
    )
    assert json.loads(second)["level"] == "warning"


def test_secrets_are_left_out_at_any_depth(log: Log, stream: io.StringIO) -> None:
    log("x", token="canary", password="canary", code="canary", inner={"secret": "canary", "kept": 1})
    assert "canary" not in stream.getvalue()
    assert json.loads(stream.getvalue())["inner"] == {"kept": 1}


@pytest.mark.parametrize("evil", ["a\nb", "a\r\nb", "\x1b[31m", "a\u2028b", "\ud800", "x" * 100_000])
def test_no_text_breaks_its_line(log: Log, stream: io.StringIO, evil: str) -> None:
    log("x", name=evil)
    written = stream.getvalue()
    assert len(written.splitlines()) == 1
    assert len(written) < 2_000
    assert "\x1b" not in written
    json.loads(written)


def test_unknown_values_are_named_by_class_alone(log: Log, stream: io.StringIO) -> None:
    class Holder:
        def __repr__(self) -> str:
            return "canary"

    log("x", it=Holder(), number=2**70)
    assert "canary" not in stream.getvalue()
    assert json.loads(stream.getvalue())["it"] == "Holder"


def test_a_failure_says_where_but_quotes_no_input(log: Log, stream: io.StringIO) -> None:
    try:
        int("canary")
    except ValueError as error:
        log.failure("bug", error)
    line = json.loads(stream.getvalue())
    assert line["error"] == "ValueError"
    assert "test_log.py" in line["where"][-1]
    assert "canary" not in stream.getvalue()


def test_a_failure_of_ours_tells_its_sentence(log: Log, stream: io.StringIO) -> None:
    log.failure("bug", NotFound())
    assert json.loads(stream.getvalue())["message"] == "Record not found"


def test_lower_levels_are_dropped(stream: io.StringIO) -> None:
    log = Log(stream, level="warning")
    log("quiet")
    log("loud", "error")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]
