// The page: looks at the run again and again, and shows what changed.

import { enter, read, Refused } from "./api.js";
import { byId, element, write } from "./dom.js";
import { Graph, secondsOf } from "./graph.js";
import { Log } from "./log.js";
import { showRuns } from "./runs.js";
import { listen, loadTables, showTables } from "./tables.js";
import { choose, current, known, number, time, words } from "./words.js";

// Milliseconds between two looks: at a run under way, and else.
const SOON = 700;
const LATER = 2500;

// `run` and `state` are the user's choices: null follows the newest run and the state that works.
const chosen = { run: null, state: null };
const graph = new Graph(byId("graph"), chooseState);
const log = new Log();
let view = null;
let links = null;
let told = {};
// What the links and tables were loaded for.
let loaded = "";
let timer = null;

function chooseRun(id) {
  [chosen.run, chosen.state] = [id, null];
  look();
}

function chooseState(name) {
  chosen.state = name;
  show();
}

// The state that works, or that failed, or that ended last.
function following() {
  const names = Object.keys(view.states);
  const of = (status) => names.findLast((name) => view.states[name].status === status);
  return of("running") ?? view.failure?.state ?? names.findLast((name) => view.states[name].log) ?? names.at(-1) ?? null;
}

function problem(error) {
  const name = `problem_${error.problem}`;
  byId("problem").hidden = false;
  write(byId("problem"), known(name) ? words(name) : error.message);
}

function headline() {
  if (!view.run) return words(view.machine ? "no_run" : "waiting");
  const { name, status, started, ended } = view.run;
  const seconds = number(((ended ?? view.now) - started) / 1000, ended === null ? 0 : 1);
  return words("headline", { name: name.slice(0, 8), status: words(status), seconds, started: time(started) });
}

function fact(name, value) {
  return [element("dt", {}, words(name)), element("dd", {}, value)];
}

function showState(name) {
  const state = view.states[name];
  const box = view.drawing?.states.find((one) => one.name === name);
  write(byId("state-title"), name ?? words("no_state"));
  const next = view.drawing?.lines.filter((line) => line.from === name).map((line) => line.to) ?? [];
  const facts = name ? [...fact("status", words(state?.status ?? "not_entered")), ...fact("type", box?.type ?? "")] : [];
  if (state) facts.push(...fact("seconds", number(secondsOf(state, view.now), 1)));
  if (state?.visits > 1) facts.push(...fact("visits", number(state.visits)));
  if (state?.attempts > 1) facts.push(...fact("attempts", number(state.attempts)));
  if (state?.message) facts.push(...fact("reason", element("span", { lang: "en" }, state.message)));
  if (next.length) facts.push(...fact("next", [...new Set(next)].join(", ")));
  byId("facts").replaceChildren(...facts);
  if (state) log.show(view.run.id, name, state);
  else log.clear();
}

function showLinks() {
  if (links === null || !view.run) return byId("links").replaceChildren();
  const outside = { target: "_blank", rel: "noopener noreferrer" };
  const documents = links.documents.map(({ name, url }) => element("li", {}, element("a", { href: url, ...outside }, words(name))));
  const items = documents.length ? documents : [element("li", { class: "note" }, words("no_report"))];
  const mlflow = links.mlflow ? element("a", { href: links.mlflow, ...outside }, words("mlflow")) : element("span", { class: "note" }, words("no_mlflow"));
  byId("links").replaceChildren(...items, element("li", {}, mlflow));
}

// Tell a screen reader what changed since the last look.
function tell() {
  const now = Object.fromEntries(Object.entries(view.states).map(([name, { status }]) => [name, status]));
  const news = Object.keys(now).filter((name) => told.states && told.run === view.run?.id && told.states[name] !== now[name]);
  const texts = news.map((state) => words("news", { state, status: words(now[state]) }));
  if (told.run === view.run?.id && told.status !== view.run?.status && view.run) texts.push(words("news_run", { status: words(view.run.status) }));
  told = { run: view.run?.id, status: view.run?.status, states: now };
  if (texts.length) write(byId("news"), texts.join(" "));
}

function show() {
  if (view === null) return;
  write(byId("headline"), headline());
  byId("failure").hidden = view.failure === null;
  if (view.failure) write(byId("failure"), words("failure", view.failure));
  write(byId("legend"), view.drawing ? words("legend") : "");
  const state = chosen.state ?? following();
  graph.show(view, state);
  showState(state);
  showRuns(view.runs, view.run?.id, view.now, current(), chooseRun);
  showLinks();
  tell();
}

// The links and tables, whenever a state has ended.
async function loadRest() {
  const ended = Object.values(view.states).filter((state) => state.left !== null).length;
  const wanted = JSON.stringify([view.machine, view.run?.id, view.run?.status, ended]);
  const isSame = wanted === loaded;
  loaded = wanted;
  if (isSame && links?.mlflow !== null) return;
  const run = view.run?.id ?? null;
  const found = await read("links", { run });
  if (run === (view.run?.id ?? null)) links = found;
  if (!isSame) await loadTables();
}

async function look() {
  clearTimeout(timer);
  try {
    view = await read("overview", { run: chosen.run, failures: byId("failures").checked ? "shown" : null });
    byId("problem").hidden = true;
    show();
    await loadRest();
    showLinks();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem(error);
    // Without a session no look will succeed.
    if (error.problem === "session") return;
  }
  clearTimeout(timer);
  timer = setTimeout(look, view?.run?.status === "RUNNING" ? SOON : LATER);
}

function translate() {
  choose(byId("language").value);
  showTables();
  byId("runs").dataset.shape = "";
  show();
}

byId("language").value = current();
byId("language").addEventListener("change", translate);
byId("failures").addEventListener("change", look);
// Another key in this tab's address is no other page.
addEventListener("hashchange", () => location.reload());
listen();
translate();
try {
  await enter();
  await look();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  problem(error);
}
