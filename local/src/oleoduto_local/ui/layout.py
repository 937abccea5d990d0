"""The places of a graph's states, layer below layer, and the lines between them.

Source of the steps: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures",
IEEE Transactions on Systems, Man, and Cybernetics 11 (2), 1981.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oleoduto_local.ui.graph import Graph, Way

# Pixels. Two boxes with the lines beside them fit a phone.
BOX_WIDTH = 118
BOX_HEIGHT = 54
LANE_WIDTH = 2
GAP = 9
LAYER_GAP = 28
MARGIN = 6
SWEEPS = 24
# How much more a state minds its distance to a state than that to a line that passes.
STATE_WEIGHT = 6

Layers = list[list["Item"]]


@dataclass(frozen=True)
class Item:
    """What has a place in a layer: a state, or a line that passes it on its way."""

    state: str
    way: Way | None = None
    layer: int = 0

    @property
    def width(self) -> int:
        return BOX_WIDTH if self.way is None else LANE_WIDTH


@dataclass(frozen=True)
class Box:
    """The middle of a state's box."""

    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A way and the points that it passes."""

    way: Way
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawing:
    """Boxes of `box` (width and height) in an area; states are in the order in which they are read."""

    width: float
    height: float
    boxes: dict[str, Box]
    lines: tuple[Line, ...]
    box: tuple[int, int] = (BOX_WIDTH, BOX_HEIGHT)


def draw(graph: Graph) -> Drawing:
    """Places for all states that the first one leads to."""
    backward = _backward(graph)
    rank = _ranks(graph, backward)
    layers, chains = _layers(graph, rank)
    links = [(a, b) for chain in chains.values() for a, b in pairwise(chain)]
    _order(layers, links)
    x = _abscissas(layers, links)
    left = min(x[item] - item.width / 2 for item in x) - MARGIN
    right = max(x[item] + item.width / 2 for item in x) + MARGIN
    place = {item: (x[item] - left, MARGIN + BOX_HEIGHT / 2 + item.layer * (BOX_HEIGHT + LAYER_GAP)) for item in x}
    boxes = {item.state: Box(*place[item]) for layer in layers for item in layer if item.way is None}
    lines = tuple(_line(way, [place[item] for item in chain], way in backward) for way, chain in chains.items())
    return Drawing(right - left, 2 * MARGIN + len(layers) * (BOX_HEIGHT + LAYER_GAP) - LAYER_GAP, boxes, lines)


def _backward(graph: Graph) -> set[Way]:
    """The ways that close a circle, found from the first state in the order of the definition."""
    backward: set[Way] = set()
    on_path: list[str] = []
    seen: set[str] = set()

    def visit(state: str) -> None:
        on_path.append(state)
        seen.add(state)
        for way in graph.ways:
            if way.source == state and way.target in on_path:
                backward.add(way)
            elif way.source == state and way.target not in seen:
                visit(way.target)
        on_path.pop()

    visit(graph.first)
    return backward


def _ranks(graph: Graph, backward: set[Way]) -> dict[str, int]:
    """The length of the longest way from the first state to each."""
    rank = {graph.first: 0}
    waiting = [graph.first]
    while waiting:
        state = waiting.pop(0)
        for way in graph.ways:
            if way.source == state and way not in backward and rank.get(way.target, -1) <= rank[state]:
                rank[way.target] = rank[state] + 1
                waiting.append(way.target)
    return rank


def _layers(graph: Graph, rank: dict[str, int]) -> tuple[Layers, dict[Way, list[Item]]]:
    """The items of each layer, and those of each way from the upper state to the lower one."""
    layers: Layers = [[] for _ in range(max(rank.values()) + 1)]
    states = {name: Item(name, layer=rank[name]) for name in graph.types if name in rank}
    for item in states.values():
        layers[item.layer].append(item)
    chains: dict[Way, list[Item]] = {}
    for way in graph.ways:
        if way.source not in rank or way.source == way.target:
            continue
        upper, lower = sorted((states[way.source], states[way.target]), key=lambda item: item.layer)
        passed = [Item(way.source, way, layer) for layer in range(upper.layer + 1, lower.layer)]
        for item in passed:
            layers[item.layer].append(item)
        chains[way] = [upper, *passed, lower]
    return layers, chains


def _order(layers: Layers, links: Sequence[tuple[Item, Item]]) -> None:
    """Sort each layer by the places of its neighbors, and keep the order with the fewest crossings."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, links)
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        for index in range(1, len(layers)) if downward else range(len(layers) - 2, -1, -1):
            place = {item: n for n, item in enumerate(layers[index - 1 if downward else index + 1])}
            own = {item: n for n, item in enumerate(layers[index])}
            layers[index].sort(key=_mean_place(links, place, own))
        crossings = _crossings(layers, links)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _mean_place(links: Sequence[tuple[Item, Item]], place: dict[Item, int], own: dict[Item, int]) -> Callable[[Item], float]:
    def key(item: Item) -> float:
        near = [place[b if a == item else a] for a, b in links if item in (a, b) and (b if a == item else a) in place]
        return sum(near) / len(near) if near else float(own[item])

    return key


def _crossings(layers: Layers, links: Sequence[tuple[Item, Item]]) -> int:
    place = {item: n for layer in layers for n, item in enumerate(layer)}
    count = 0
    for n, (a, b) in enumerate(links):
        for c, d in links[n + 1 :]:
            if a.layer == c.layer and (place[a] - place[c]) * (place[b] - place[d]) < 0:
                count += 1
    return count


def _abscissas(layers: Layers, links: Sequence[tuple[Item, Item]]) -> dict[Item, float]:
    """The middle of each item: near those of its neighbors, without overlaps."""
    x: dict[Item, float] = {}
    for layer in layers:
        edge = 0.0
        for item in layer:
            x[item] = edge + item.width / 2
            edge += item.width + GAP
    near: dict[Item, list[Item]] = {item: [] for item in x}
    for a, b in links:
        weight = STATE_WEIGHT if a.way is None and b.way is None else 1
        near[a] += [b] * weight
        near[b] += [a] * weight
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [sum(x[other] for other in near[item]) / len(near[item]) if near[item] else x[item] for item in layer]
            for item, middle in zip(layer, _apart(layer, wanted), strict=True):
                x[item] = middle
    return x


def _apart(layer: Sequence[Item], wanted: Sequence[float]) -> list[float]:
    """The middles nearest to the wanted ones in which no two items overlap: the mean of a pass from each side."""
    from_left, from_right = list(wanted), list(wanted)
    for n in range(1, len(layer)):
        between = (layer[n - 1].width + layer[n].width) / 2 + GAP
        from_left[n] = max(from_left[n], from_left[n - 1] + between)
    for n in range(len(layer) - 2, -1, -1):
        between = (layer[n].width + layer[n + 1].width) / 2 + GAP
        from_right[n] = min(from_right[n], from_right[n + 1] - between)
    return [(a + b) / 2 for a, b in zip(from_left, from_right, strict=True)]


def _line(way: Way, middles: list[tuple[float, float]], is_backward: bool) -> Line:
    """From the lower edge of the upper box to the upper edge of the lower one; a lane runs straight through its layer."""
    (first_x, first_y), *passed, (last_x, last_y) = middles
    points = [(first_x, first_y + BOX_HEIGHT / 2)]
    for x, y in passed:
        points += [(x, y - BOX_HEIGHT / 2), (x, y + BOX_HEIGHT / 2)]
    points.append((last_x, last_y - BOX_HEIGHT / 2))
    return Line(way, tuple(reversed(points) if is_backward else points))
