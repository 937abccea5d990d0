"""The page's data as JSON: pure functions of what was read."""

import json
import time
from functools import lru_cache
from itertools import pairwise
from typing import Any

from oleoduto_local.ui.graph import Graph, graph_of, without_failures
from oleoduto_local.ui.layout import draw
from oleoduto_local.ui.runs import Visit
from oleoduto_local.ui.source import Run
from oleoduto_local.ui.tables import Table

Json = dict[str, Any]


@lru_cache(maxsize=32)
def drawing(definition: str, shown: frozenset[str] | None) -> Json:
    """Boxes and lines of a state machine; `shown` are the entered states, none shows also those that a failure leads to."""
    graph: Graph = graph_of(json.loads(definition))
    drawn = draw(graph if shown is None else without_failures(graph, shown & graph.types.keys()))
    return {
        "width": round(drawn.width, 1),
        "height": round(drawn.height, 1),
        "box": list(drawn.box),
        "states": [
            {"name": name, "type": graph.types[name], "x": round(box.x, 1), "y": round(box.y, 1)}
            for name, box in drawn.boxes.items()
        ],
        "lines": [
            {
                "from": line.way.source,
                "to": line.way.target,
                "kind": line.way.kind,
                "points": [[round(x, 1), round(y, 1)] for x, y in line.points],
            }
            for line in drawn.lines
        ],
    }


def states(visits: list[Visit]) -> Json:
    """Of each entered state its newest stay, and how many there were."""
    found: Json = {}
    for visit in visits:
        before = found.get(visit.state, {"visits": 0})
        found[visit.state] = {
            "status": visit.status,
            "entered": visit.entered,
            "left": visit.left,
            "attempts": visit.attempts,
            "visits": before["visits"] + 1,
            "message": visit.message,
            "log": "/".join(visit.log) if visit.log else None,
        }
    return found


def row(run: Run) -> Json:
    """A run in the list."""
    return {
        "id": run.id,
        "name": run.name,
        "machine": run.machine,
        "status": run.status,
        "started": run.started,
        "ended": run.ended,
    }


def taken(definition: str, visits: list[Visit]) -> list[list[str]]:
    """The ways that a run went, as pairs of states; states of branches and items are no part of the graph."""
    states = json.loads(definition)["States"]
    entered = [visit.state for visit in visits if visit.state in states]
    return [list(way) for way in dict.fromkeys(pairwise(entered))]


def failed_visit(definition: str, visits: list[Visit]) -> Visit | None:
    """The newest stay that failed; one in a state that only handles the failure of another is passed over."""
    failed = [visit for visit in reversed(visits) if visit.status == "failed" and visit.message]
    usual = without_failures(graph_of(json.loads(definition)), ()).types
    return next((visit for visit in failed if visit.state in usual), failed[0] if failed else None)


def overview(machine: tuple[str, str] | None, rows: list[Run], run: Run | None, failures: bool) -> Json:
    """The whole view of a run, or of the state machine before its first."""
    definition = run.definition if run else machine[1] if machine else None
    visits = run.visits if run else []
    shown = None if failures else frozenset(visit.state for visit in visits)
    failed = failed_visit(definition, visits) if definition and run and run.status != "RUNNING" else None
    return {
        "now": int(time.time() * 1000),
        "machine": run.machine if run else machine[0] if machine else None,
        "runs": [row(one) for one in rows],
        "run": row(run) if run else None,
        "states": states(visits),
        "drawing": drawing(definition, shown) if definition else None,
        "taken": taken(definition, visits) if definition else [],
        "failure": {"state": failed.state, "message": failed.message} if failed else None,
        "message": run.message if run else None,
    }


def table(found: Table) -> Json:
    """A table in the list."""
    return {
        "name": found.name,
        "files": len(found.files),
        "bytes": found.size,
        "partitions": found.partitions(),
        "columns": [[column.name, column.type, column.comment] for column in found.columns],
    }
