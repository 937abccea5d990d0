// The page's data. A one-time key in the address becomes a session, which this tab alone has.

const STORE = "oleoduto-session";

export class Refused extends Error {
  constructor(problem, message) {
    super(message);
    this.problem = problem;
  }
}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  } catch {
    throw new Refused("gone", "");
  }
  const document = await response.json();
  if (!response.ok) throw new Refused(document.problem, document.message);
  return document;
}

const session = () => ({ "X-Oleoduto-Session": sessionStorage.getItem(STORE) ?? "" });
const body = (document) => ({ method: "POST", headers: { ...session(), "Content-Type": "application/json" }, body: JSON.stringify(document) });

export async function enter() {
  const key = location.hash.startsWith("#key=") ? location.hash.slice(5) : null;
  if (key === null) return;
  // A key is of use once: it stays neither in the address nor in the history.
  history.replaceState(null, "", location.pathname);
  sessionStorage.setItem(STORE, (await answer("session", body({ key }))).session);
}

export function read(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  return answer(`${path}?${new URLSearchParams(given)}`, { headers: session() });
}

export const ask = (sql) => answer("query", body({ sql }));
