// The list of the last runs.

import { byId, element } from "./dom.js";
import { number, time, words } from "./words.js";

const KINDS = { RUNNING: "running", SUCCEEDED: "succeeded", ABORTED: "stopped" };

export function showRuns(runs, chosen, now, language, onChoose) {
  const shape = JSON.stringify([runs, chosen, language]);
  const place = byId("runs");
  if (place.dataset.shape === shape) return;
  place.dataset.shape = shape;
  const focused = document.activeElement?.dataset?.run;
  if (runs.length === 0) return place.replaceChildren(element("p", { class: "note" }, words("no_run")));
  const heads = ["run_name", "status", "seconds", "started"].map((name) =>
    element("th", { scope: "col", class: name === "seconds" ? "number" : null }, words(name)),
  );
  const rows = runs.map((run) =>
    element(
      "tr",
      { class: run.id === chosen ? "chosen" : null },
      element("td", {}, element("button", { type: "button", "data-run": run.id, "aria-pressed": String(run.id === chosen), "aria-label": words("show", { name: run.name }), click: () => onChoose(run.id) }, run.name.slice(0, 8))),
      element("td", {}, element("span", { class: `pill ${KINDS[run.status] ?? "failed"}` }, words(run.status))),
      element("td", { class: "number" }, run.ended === null ? "…" : number((run.ended - run.started) / 1000, 1)),
      element("td", { class: "time" }, time(run.started)),
    ),
  );
  place.replaceChildren(element("table", { class: "runs" }, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)));
  if (focused) place.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
}
