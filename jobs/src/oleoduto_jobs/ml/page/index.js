(() => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("words");
  const rows = read("rows").map(([code, status, unit, season, origin, model, mase, ratio, spark, values, why], place) => (
    { code, status, unit, season, origin, model, mase, ratio, spark, values, why, place, text: `${code} ${unit} ${model} ${why.join(" ")}`.toLowerCase() }
  ));
  const main = document.body.dataset.main;
  const statuses = ["failed", "stale", "short", "constant", "ok"];
  const step = 100;
  const keys = {
    code: (row) => row.code, status: (row) => statuses.indexOf(row.status), origin: (row) => row.origin,
    next: (row) => row.values[0]?.[0] ?? null, unit: (row) => row.unit, model: (row) => row.model, mase: (row) => row.mase,
    ratio: (row) => row.ratio, why: (row) => why(row),
  };
  const search = document.getElementById("search"), status = document.getElementById("status");
  const body = document.querySelector("tbody"), more = document.getElementById("more"), count = document.getElementById("count");
  let shown = step, order = { key: null, up: true }, found = rows;

  const language = () => document.querySelector('input[name="language"]:checked').value;
  const word = (key) => words[language()][key];
  const why = (row) => row.why[Object.keys(words).indexOf(language())] ?? "";
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  let number = null, ratio = null;
  const written = (value, as = number) => (value === null || value === undefined ? "-" : as.format(value));
  const between = (low, high) => (low === undefined ? "-" : `${written(low)} - ${written(high)}`);

  const period = (row, ahead) => {
    if (!row.origin) return "-";
    const month = Number(row.origin.slice(0, 4)) * 12 + Number(row.origin.slice(5, 7)) - 1 + ahead * (12 / row.season);
    const year = String(Math.floor(month / 12)).padStart(4, "0"), of = month % 12;
    if (row.season === 1) return year;
    return row.season === 4 ? `${year} ${word("quarter_letter")}${of / 3 + 1}` : `${year}-${String(of + 1).padStart(2, "0")}`;
  };

  const line = (text) => {
    const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const [past, ahead] = text.split("|");
    const height = (letter) => (22 - (20 * letters.indexOf(letter)) / 61).toFixed(1);
    const scale = 100 / Math.max(past.length + ahead.length - 1, 1);
    const points = (levels, first) => [...levels].map((letter, place) => `${((first + place) * scale).toFixed(1)},${height(letter)}`).join(" ");
    const space = "http://www.w3.org/2000/svg", picture = document.createElementNS(space, "svg");
    picture.setAttribute("viewBox", "-1 0 102 24");
    picture.setAttribute("aria-hidden", "true");
    for (const [kind, drawn] of [["past", points(past, 0)], ["ahead", points(past.slice(-1) + ahead, past.length - 1)]]) {
      const part = document.createElementNS(space, "polyline");
      part.setAttribute("class", kind);
      part.setAttribute("points", drawn);
      picture.append(part);
    }
    return picture;
  };

  const forecasts = (row) => {
    const table = element("table"), head = element("tr");
    for (const key of ["period", "point", "interval_80", "interval_95"]) head.append(element("th", word(key), { scope: "col" }));
    const top = element("thead"), all = element("tbody");
    top.append(head);
    row.values.forEach(([point, low, high, lowest, highest], place) => {
      const cells = element("tr");
      cells.append(element("th", period(row, place + 1), { scope: "row" }));
      for (const text of [written(point), between(low, high), between(lowest, highest)]) cells.append(element("td", text));
      all.append(cells);
    });
    table.append(top, all);
    return table;
  };

  const drawn = (row) => {
    const line_of = element("tr"), name = element("th", undefined, { scope: "row" });
    name.append(row.code === main ? element("a", row.code, { href: "report.html" }) : row.code);
    const picture = element("td");
    if (row.spark) picture.append(line(row.spark));
    const next = element("td");
    if (row.values.length) {
      const open = element("button", written(row.values[0][0]), { type: "button", "aria-expanded": "false", title: word("open") });
      open.addEventListener("click", () => {
        const closed = open.getAttribute("aria-expanded") === "false";
        open.setAttribute("aria-expanded", String(closed));
        if (closed) {
          const inside = element("td", undefined, { colspan: "11" }), extra = element("tr");
          inside.append(forecasts(row));
          extra.append(inside);
          line_of.after(extra);
        } else line_of.nextSibling.remove();
      });
      next.append(open);
    }
    const status = element("td", word(`status_${row.status}`), { class: `words ${row.status}` });
    const newest = row.origin || row.values.length ? [picture, element("td", period(row, 0))] : [];
    line_of.append(name, status, ...newest);
    if (!row.values.length) {
      // Nothing else is known of it: the reason takes the place.
      const reason = element("td", undefined, { class: "why", colspan: String(9 - newest.length) });
      reason.append(element("span", why(row)));
      line_of.append(reason);
      return line_of;
    }
    const said = (text) => element("td", text, { class: "words" });
    line_of.append(next, element("td", between(row.values[0][1], row.values[0][2])), said(row.unit || word("unknown_unit")));
    line_of.append(said(words[language()][`method_${row.model}`] ?? row.model));
    line_of.append(element("td", written(row.mase, ratio)), element("td", written(row.ratio, ratio)), element("td", why(row), { class: "why" }));
    return line_of;
  };

  const compare = (a, b) => {
    const [x, y] = [keys[order.key](a), keys[order.key](b)];
    // What is not known comes last, whatever the direction.
    if (x === null || y === null) return x === y ? a.place - b.place : x === null ? 1 : -1;
    const less = x < y ? -1 : x > y ? 1 : 0;
    return (order.up ? less : -less) || a.place - b.place;
  };
  const choose = () => {
    const text = search.value.trim().toLowerCase();
    found = rows.filter((row) => row.text.includes(text) && (status.value === "" || row.status === status.value));
    if (order.key !== null) found.sort(compare);
    shown = step;
    draw();
  };
  const draw = () => {
    number = new Intl.NumberFormat(language(), { maximumSignificantDigits: 6 });
    ratio = new Intl.NumberFormat(language(), { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const visible = found.slice(0, shown);
    body.replaceChildren(...visible.map(drawn));
    count.textContent = word("count").replace("{shown}", visible.length).replace("{found}", found.length).replace("{all}", rows.length);
    more.hidden = found.length <= shown;
    more.textContent = word("more");
    for (const option of status.options) option.textContent = word(option.value ? `status_${option.value}` : "status_all");
    document.documentElement.lang = language();
  };

  for (const button of document.querySelectorAll("thead button")) {
    button.addEventListener("click", () => {
      const key = button.dataset.key;
      // The worst forecasts first, else from the beginning.
      order = { key, up: order.key === key ? !order.up : key !== "mase" && key !== "ratio" };
      for (const other of document.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      button.closest("th").setAttribute("aria-sort", order.up ? "ascending" : "descending");
      choose();
    });
  }
  search.addEventListener("input", choose);
  status.addEventListener("change", choose);
  more.addEventListener("click", () => { shown += step; draw(); });
  for (const radio of document.querySelectorAll('input[name="language"]')) radio.addEventListener("change", draw);
  document.getElementById("tools").hidden = false;
  choose();
  document.body.dataset.ready = String(Math.round(performance.now()));
})();
