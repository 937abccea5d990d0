"""What the page says of a run: its states, its failure, its log."""

import json
from pathlib import Path
from typing import Any

import pytest

from oleoduto_local.log_parts import CHUNK, SHOWN, LogParts, read_piece
from oleoduto_local.ui.runs import function_name, log_of, milliseconds, run_date, sentence, visits_of

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:vars:3"


def history(*parts: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events in a row, a second apart."""
    return [
        {"id": n, "previousEventId": n - 1, "timestamp": f"2026-01-01T00:00:{n:02}.000Z", f"{name}EventDetails": details}
        for n, (name, details) in enumerate(parts, 1)
    ]


def at(second: int) -> int:
    return milliseconds(f"2026-01-01T00:00:{second:02}.000Z")


ENTERED = ("stateEntered", {"name": "Etl"})
SCHEDULED = ("taskScheduled", {"parameters": json.dumps({"JobName": "etl", "Arguments": {}})})
FAILED = ("taskFailed", {"error": "States.TaskFailed", "cause": json.dumps({"ErrorMessage": "SystemExit: error: no prices"})})
LEFT = ("stateExited", {"name": "Etl", "output": json.dumps({"run": {"dataproc": "20260101"}})})


def test_a_state_runs_until_it_is_left() -> None:
    (visit,) = visits_of(history(("executionStarted", {}), ENTERED, SCHEDULED), "RUNNING", None)
    assert (visit.status, visit.entered, visit.left, visit.log) == ("running", at(2), None, ("glue", "etl"))
    (visit,) = visits_of(history(("executionStarted", {}), ENTERED, SCHEDULED, LEFT), "RUNNING", None)
    assert (visit.status, visit.left, visit.message) == ("succeeded", at(4), None)
    assert run_date([visit]) == "20260101"


def test_a_failure_that_is_caught_or_tried_again() -> None:
    (caught,) = visits_of(history(ENTERED, SCHEDULED, FAILED, LEFT), "RUNNING", None)
    assert (caught.status, caught.message, caught.attempts) == ("failed", "no prices", 1)
    (again,) = visits_of(history(ENTERED, SCHEDULED, FAILED, SCHEDULED), "RUNNING", None)
    assert (again.status, again.message, again.attempts) == ("running", None, 2)
    (good,) = visits_of(history(ENTERED, SCHEDULED, FAILED, SCHEDULED, LEFT), "SUCCEEDED", at(9))
    assert (good.status, good.message) == ("succeeded", None)


@pytest.mark.parametrize(("status", "said"), [("FAILED", "failed"), ("TIMED_OUT", "failed"), ("ABORTED", "stopped")])
def test_the_end_of_a_run_cuts_its_state_off(status: str, said: str) -> None:
    (visit,) = visits_of(history(ENTERED, SCHEDULED), status, at(9))
    assert (visit.status, visit.left) == (said, at(9))


def test_events_of_branches_belong_to_their_own_states() -> None:
    events = history(ENTERED, ("stateEntered", {"name": "Other"}), SCHEDULED, FAILED)
    # The task is of the first state.
    events[2]["previousEventId"] = 1
    first, second = visits_of(events, "RUNNING", None)
    assert first.log == ("glue", "etl") and second.log is None and second.message is None


def test_the_logs_of_tasks() -> None:
    assert log_of({"parameters": json.dumps({"TrainingJobName": "t"})}) == ("sagemaker", "t")
    assert log_of({"parameters": json.dumps({"ProcessingJobName": "p"})}) == ("sagemaker", "p")
    assert log_of({"parameters": json.dumps({"FunctionName": FUNCTION, "Payload": {}})}) == ("lambda", "vars")
    assert log_of({"resource": FUNCTION}) == ("lambda", "vars")
    assert log_of({"parameters": json.dumps({"Bucket": "b"})}) is None
    assert function_name("vars") == "vars"


def test_the_words_of_a_job_are_taken_out_of_the_cause() -> None:
    training = json.dumps({"FailureReason": "AlgorithmError: 3 months, exit code: 1"})
    assert sentence("States.TaskFailed", training) == "3 months"
    assert sentence("PipelineFailed", "States.TaskFailed: " + json.dumps({"ErrorMessage": "no"})) == "no"
    assert sentence("X", "{not JSON") == "{not JSON"
    assert sentence("X", None) == "X" and sentence(None, "") == "AWS names no cause"


def test_run_dates_of_other_machines() -> None:
    for output in ("[]", "{}", '{"run": 1}', '{"run": {"dataproc": 1}}'):
        left = ("stateExited", {"name": "Etl", "output": output})
        assert run_date(visits_of(history(ENTERED, left), "SUCCEEDED", None)) is None


def test_the_part_of_a_log_is_that_of_the_stay(tmp_path: Path) -> None:
    path, clock = tmp_path / "job.log", [10.0]
    parts = LogParts(lambda: clock[0])
    assert parts.span(path, 0, None) is None
    parts.begin(path)
    path.write_text("first\n")
    clock[0] = 20.0
    parts.begin(path)
    path.write_text("first\nsecond\n")
    assert parts.span(path, 9_000, 12_000) == (0, 6)
    assert parts.span(path, 15_000, None) == (6, None)
    assert parts.span(path, 21_000, None) is None
    assert read_piece(path, (0, 6), None, True).text == "first\n"
    assert read_piece(path, (6, None), None, False).text == "second\n"


def test_a_log_is_read_on_in_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    path.write_text("one\n\x1b[31mtw")
    piece = read_piece(path, (0, None), None, False)
    assert (piece.text, piece.next, piece.more) == ("one\n", 4, False)
    path.write_text("one\n\x1b[31mtwo\x1b[0m\nthree")
    piece = read_piece(path, (0, None), piece.next, False)
    assert piece.text == "two\n"
    # The stay is over: nothing more will come.
    assert read_piece(path, (0, None), piece.next, True).text == "three"


def test_a_long_log_comes_in_pieces_and_begins_late(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    lines = [f"line {n}" for n in range(60_000)]
    path.write_text("\n".join(lines) + "\n")
    piece = read_piece(path, (0, None), None, False)
    text, skipped = piece.text, piece.skipped
    while piece.more:
        piece = read_piece(path, (0, None), piece.next, False)
        assert len(piece.text) <= CHUNK
        text += piece.text
    assert skipped + len(text) == path.stat().st_size and SHOWN - 20 < len(text) <= SHOWN
    assert text.splitlines() == lines[-len(text.splitlines()) :]
