"""A state machine as a graph: its states and the ways between them, from its definition in the Amazon States Language.

A `Parallel` or a `Map` is one state; its branches and items are not part of the graph.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["next", "choice", "otherwise", "failure"]


@dataclass(frozen=True)
class Way:
    """From a state to the next one."""

    source: str
    target: str
    kind: Kind


@dataclass(frozen=True)
class Graph:
    """States in the order of the definition, with their types, and ways in the order of their states."""

    first: str
    types: Mapping[str, str]
    ways: tuple[Way, ...]


def graph_of(definition: Mapping[str, Any]) -> Graph:
    """The graph of a definition; two ways of a kind between the same states are one."""
    states: Mapping[str, Mapping[str, Any]] = definition["States"]
    ways = {way: None for name, state in states.items() for way in _ways(name, state)}
    return Graph(definition["StartAt"], {name: str(state["Type"]) for name, state in states.items()}, tuple(ways))


def _ways(name: str, state: Mapping[str, Any]) -> list[Way]:
    choices = [Way(name, choice["Next"], "choice") for choice in state.get("Choices", ())]
    otherwise = [Way(name, state["Default"], "otherwise")] if "Default" in state else []
    following = [Way(name, state["Next"], "next")] if "Next" in state else []
    failures = [Way(name, caught["Next"], "failure") for caught in state.get("Catch", ())]
    return [*choices, *otherwise, *following, *failures]


def without_failures(graph: Graph, entered: Collection[str]) -> Graph:
    """The graph without the states that only a failure leads to, but for those that a run has entered."""
    reached, waiting = {graph.first}, [graph.first]
    while waiting:
        state = waiting.pop()
        for way in graph.ways:
            if way.source == state and way.kind != "failure" and way.target not in reached:
                reached.add(way.target)
                waiting.append(way.target)
    shown = reached | set(entered)
    types = {name: kind for name, kind in graph.types.items() if name in shown}
    return Graph(graph.first, types, tuple(way for way in graph.ways if way.source in types and way.target in types))
