// The tables of the bucket, and queries over them.

import { ask, read, Refused } from "./api.js";
import { byId, element, write } from "./dom.js";
import { MEANINGS } from "./meanings.js";
import { current, date, known, number, words } from "./words.js";

let tables = [];

export async function loadTables() {
  tables = await read("tables");
  showTables();
}

function summary(table) {
  const values = { files: number(table.files), kb: number(Math.ceil(table.bytes / 1000)), partitions: table.partitions.map(date).join(", ") };
  return table.files ? words("table", values) : words("empty");
}

// A comment in the language of the page; those of tables that the schema does not have are shown as they are.
function meaning(comment) {
  const translated = current() === "pt-BR" ? MEANINGS[comment] : undefined;
  return element("td", { lang: translated ? "pt-BR" : "en" }, translated ?? comment);
}

function columns(table) {
  const heads = ["column", "kind", "meaning"].map((name) => element("th", { scope: "col" }, words(name)));
  const rows = table.columns.map(([name, type, comment]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, type), meaning(comment)),
  );
  const label = { class: "wide", tabindex: 0, role: "region", "aria-label": table.name };
  return element("div", label, element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)));
}

export function showTables() {
  const open = new Set([...document.querySelectorAll("#tables details[open]")].map((node) => node.dataset.table));
  const parts = tables.map((table) =>
    element(
      "details",
      { "data-table": table.name, open: open.has(table.name) },
      element("summary", {}, element("b", {}, table.name), ` – ${summary(table)}`),
      element("button", { type: "button", click: () => insert(table) }, words("insert", { name: table.name })),
      columns(table),
    ),
  );
  byId("tables").replaceChildren(...(parts.length ? parts : [element("p", { class: "note" }, words("no_tables"))]));
}

function insert(table) {
  byId("sql").value = `SELECT * FROM ${table.name} LIMIT 100`;
  byId("sql").focus();
}

function cell(value) {
  if (value === null) return element("td", { class: "note" }, "NULL");
  return element("td", { class: typeof value === "number" ? "number" : null }, String(value));
}

function showAnswer(answer, seconds) {
  const values = { rows: number(answer.rows.length), seconds: number(seconds, 1) };
  write(byId("answer-note"), words(answer.truncated ? "more_rows" : "rows", values));
  const isNumber = (place) => answer.rows.some((row) => typeof row[place] === "number");
  const heads = answer.columns.map(([name, type], place) =>
    element("th", { scope: "col", title: type, class: isNumber(place) ? "number" : null }, name),
  );
  const rows = answer.rows.map((row) => element("tr", {}, ...row.map(cell)));
  const table = element("table", { class: "answer" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  byId("answer").setAttribute("aria-label", words("answer"));
  byId("answer").replaceChildren(table);
  byId("answer").hidden = false;
}

async function submit(event) {
  event.preventDefault();
  const [note, began] = [byId("answer-note"), performance.now()];
  note.className = "";
  byId("answer").hidden = true;
  write(note, words("asking"));
  let answer;
  try {
    answer = await ask(byId("sql").value);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    answer = { problem: error.problem, message: error.message };
  }
  if (!answer.problem) return showAnswer(answer, (performance.now() - began) / 1000);
  note.className = "failure";
  const said = known(`problem_${answer.problem}`) ? `${words(`problem_${answer.problem}`)} ` : "";
  note.replaceChildren(said, element("span", { lang: "en" }, answer.message));
}

export function listen() {
  byId("query").addEventListener("submit", submit);
  byId("sql").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("query").requestSubmit();
  });
}
