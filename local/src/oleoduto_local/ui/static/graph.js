// The state machine as a picture whose states can be chosen.

import { drawn } from "./dom.js";
import { number, words } from "./words.js";

const SIGNS = { running: "▶", succeeded: "✓", failed: "✕", stopped: "■" };
const LONGEST_LINE = 15;

export const secondsOf = (state, now) => Math.max(0, ((state.left ?? now) - state.entered) / 1000);

// A name in at most two lines, parted where a word begins.
function lines(name) {
  if (name.length <= LONGEST_LINE) return [name];
  const parts = name.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[_ -])/);
  let first = "";
  while (parts.length > 1 && (first + parts[0]).length <= LONGEST_LINE) first += parts.shift();
  const rest = parts.join("");
  const cut = (text) => (text.length > LONGEST_LINE + 1 ? `${text.slice(0, LONGEST_LINE)}…` : text);
  return first ? [first, cut(rest)] : [cut(rest)];
}

// Through all points, straight in a lane and bent between two layers.
function path(points) {
  const [[x, y], ...rest] = points;
  let [fromX, fromY, text] = [x, y, `M${x} ${y}`];
  for (const [toX, toY] of rest) {
    const middle = (fromY + toY) / 2;
    text += fromX === toX ? `L${toX} ${toY}` : `C${fromX} ${middle} ${toX} ${middle} ${toX} ${toY}`;
    [fromX, fromY] = [toX, toY];
  }
  return text;
}

function head([x, y], isUpward) {
  const tail = isUpward ? y + 7 : y - 7;
  return drawn("path", { class: "head", d: `M${x} ${y}L${x - 3.5} ${tail}L${x + 3.5} ${tail}Z` });
}

function described(name, state, now) {
  if (!state) return `${name}: ${words("not_entered")}`;
  return `${name}: ${words(state.status)}, ${number(secondsOf(state, now), 1)} s`;
}

export class Graph {
  constructor(svg, onChoose) {
    this.svg = svg;
    this.onChoose = onChoose;
    this.boxes = new Map();
    this.shape = "";
  }

  show({ drawing, states, taken, now }, chosen) {
    const shape = JSON.stringify(drawing);
    if (shape !== this.shape) this.build(drawing);
    this.shape = shape;
    for (const [name, { box, both, figure }] of this.boxes) {
      const state = states[name];
      both.setAttribute("class", state?.status ?? "");
      box.setAttribute("class", `box ${state?.status ?? ""}`);
      box.setAttribute("aria-pressed", String(name === chosen));
      box.setAttribute("aria-label", described(name, state, now));
      figure.textContent = state ? `${SIGNS[state.status]} ${number(secondsOf(state, now), 1)} s` : "";
    }
    for (const { line, from, to } of this.ways) line.classList.toggle("taken", taken.some(([a, b]) => a === from && b === to));
  }

  build(drawing) {
    const focused = document.activeElement?.dataset?.state;
    this.boxes.clear();
    this.ways = [];
    this.svg.replaceChildren();
    this.svg.toggleAttribute("hidden", drawing === null);
    if (drawing === null) return;
    this.svg.setAttribute("viewBox", `0 0 ${drawing.width} ${drawing.height}`);
    this.svg.setAttribute("width", drawing.width);
    for (const { from, to, kind, points } of drawing.lines) {
      const line = drawn("path", { class: `way ${kind}`, d: path(points) });
      this.ways.push({ line, from, to });
      this.svg.append(line, head(points.at(-1), points.at(-1)[1] < points.at(-2)[1]));
    }
    const [width, height] = drawing.box;
    for (const { name, x, y } of drawing.states) {
      const parts = lines(name);
      const top = y - (parts.length - 1) * 8 - 3;
      const texts = parts.map((part, n) => drawn("text", { x, y: top + n * 15 }, part));
      const figure = drawn("text", { class: "figure", "aria-hidden": "true", x, y: y + height / 2 - 7 });
      const place = { x: x - width / 2, y: y - height / 2, width, height, rx: 6 };
      const box = drawn(
        "g",
        { role: "button", tabindex: 0, "data-state": name, click: () => this.onChoose(name), keydown: (event) => this.key(event, name) },
        drawn("rect", place), ...texts,
      );
      const both = drawn("g", {}, box, figure);
      this.boxes.set(name, { box, both, figure });
      this.svg.append(both);
    }
    this.boxes.get(focused)?.box.focus();
  }

  key(event, name) {
    const names = [...this.boxes.keys()];
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.onChoose(name);
    else if (step) this.boxes.get(names[(names.indexOf(name) + step + names.length) % names.length]).box.focus();
    else return;
    event.preventDefault();
  }
}
