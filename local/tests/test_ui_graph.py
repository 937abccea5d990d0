"""The state machine as a graph, and the places of its states."""

import itertools
import json
import re
from typing import Any

import pytest
from local_support import ROOT

from oleoduto_local.ui.graph import Graph, Way, graph_of, without_failures
from oleoduto_local.ui.layout import BOX_HEIGHT, BOX_WIDTH, GAP, LAYER_GAP, Drawing, draw

SNAPSHOT = ROOT / "stacks" / "tests" / "snapshots" / "snapshots__stepfunctions.snap"
MAIN = (
    *("TrainingVars", "Start", "Etl", "EtlSteps", "Quality", "Path", "Train", "Forecast", "ForecastWithChampion"),
    *("Monitor", "Scope", "ForecastMany", "NoRecord", "Done"),
)


def pipeline() -> dict[str, Any]:
    """The definition of the pipeline's state machine, whose values that only Terraform knows are the text `expression`."""
    _, _, text = SNAPSHOT.read_text(encoding="utf-8").partition("== definition\n")
    text = text[text.index("jsonencode(") + len("jsonencode(") : text.rindex(")")]
    text = re.sub(r'" = (?!["\[{\d]|true|false|null)(.+?)(,?)$', r'" = "expression"\2', text, flags=re.MULTILINE)
    text = re.sub(r'^(\s*"(?:[^"\\]|\\.)*") = ', r"\1: ", text, flags=re.MULTILINE)
    definition: dict[str, Any] = json.loads(text)
    return definition


def small(**states: list[str]) -> Graph:
    """States and what follows them."""
    ways = tuple(Way(name, target, "next") for name, targets in states.items() for target in targets)
    return Graph(next(iter(states)), dict.fromkeys(states, "Pass"), ways)


def check_places(graph: Graph, drawing: Drawing) -> None:
    """No two boxes overlap, all is inside, and every line leads from its state to the next one around all others."""
    assert set(drawing.boxes) == set(graph.types)
    for a, b in itertools.combinations(drawing.boxes.values(), 2):
        assert abs(a.x - b.x) >= BOX_WIDTH + GAP - 0.01 or abs(a.y - b.y) >= BOX_HEIGHT + LAYER_GAP - 0.01
    for box in drawing.boxes.values():
        assert BOX_WIDTH / 2 <= box.x <= drawing.width - BOX_WIDTH / 2
        assert BOX_HEIGHT / 2 <= box.y <= drawing.height - BOX_HEIGHT / 2
    for line in drawing.lines:
        first, last = drawing.boxes[line.way.source], drawing.boxes[line.way.target]
        assert (line.points[0][0], line.points[-1][0]) == (first.x, last.x)
        assert abs(line.points[0][1] - first.y) == abs(line.points[-1][1] - last.y) == BOX_HEIGHT / 2
        for x, y in line.points[1:-1]:
            assert not any(abs(x - box.x) < BOX_WIDTH / 2 and abs(y - box.y) < BOX_HEIGHT / 2 for box in drawing.boxes.values())


def test_the_pipeline_is_read_as_it_is() -> None:
    graph = graph_of(pipeline())
    assert graph.first == "TrainingVars" and len(graph.types) == len(pipeline()["States"])
    assert graph.types["Start"] == "Choice" and graph.types["Etl"] == "Task" and graph.types["EtlAgain"] == "Wait"
    assert Way("Start", "Etl", "otherwise") in graph.ways and Way("Start", "Train", "choice") in graph.ways
    assert Way("Etl", "EtlSteps", "next") in graph.ways and Way("Etl", "EtlFailed", "failure") in graph.ways


def test_states_of_failures_are_shown_when_they_are_entered() -> None:
    graph = graph_of(pipeline())
    assert sorted(without_failures(graph, ()).types) == sorted(MAIN)
    entered = without_failures(graph, ("Etl", "EtlFailed"))
    assert set(entered.types) == {*MAIN, "EtlFailed"}
    assert Way("Etl", "EtlFailed", "failure") in entered.ways
    assert not any(way.target == "EtlAgain" for way in entered.ways)


def test_the_pipeline_fits_a_phone() -> None:
    graph = without_failures(graph_of(pipeline()), ())
    drawing = draw(graph)
    check_places(graph, drawing)
    assert drawing.width <= 390
    order = [name for name in drawing.boxes if name not in ("NoRecord", "ForecastWithChampion")]
    assert order == [name for name in MAIN if name not in ("NoRecord", "ForecastWithChampion")]
    below = {line.way: drawing.boxes[line.way.target].y - drawing.boxes[line.way.source].y for line in drawing.lines}
    assert all(distance > 0 for distance in below.values()), "no way of this graph leads back"


def test_the_whole_pipeline_has_places_too() -> None:
    graph = graph_of(pipeline())
    drawing = draw(graph)
    check_places(graph, drawing)
    backward = [line for line in drawing.lines if line.points[0][1] > line.points[-1][1]]
    assert {line.way.source for line in backward} >= {"EtlAgain", "TrainAgain"}, "another attempt leads back"


@pytest.mark.parametrize(
    "graph",
    [
        small(A=[]),
        small(A=["B"], B=["A"]),
        small(A=["A", "B"], B=[]),
        small(A=["B", "C", "D", "E"], B=["F"], C=["F"], D=["F"], E=["A"], F=[]),
        small(**{f"S{n}": [f"S{m}" for m in range(n + 1, 9)] for n in range(9)}),
    ],
)
def test_any_graph_has_places(graph: Graph) -> None:
    check_places(graph, draw(graph))


def test_a_branch_that_joins_again_does_not_cross_itself() -> None:
    drawing = draw(small(A=["B", "C"], B=["D"], C=["E"], D=["F"], E=["F"], F=[]))
    assert (drawing.boxes["B"].x < drawing.boxes["C"].x) == (drawing.boxes["D"].x < drawing.boxes["E"].x)
    assert drawing == draw(small(A=["B", "C"], B=["D"], C=["E"], D=["F"], E=["F"], F=[])), "the same graph, the same picture"
