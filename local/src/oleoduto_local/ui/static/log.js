// The log of a state as it grows.

import { read, Refused } from "./api.js";
import { byId, write } from "./dom.js";
import { number, words } from "./words.js";

// Characters that are kept: more would slow the browser down.
const LONGEST = 1_000_000;

export class Log {
  constructor() {
    this.view = byId("log");
    this.note = byId("log-note");
    this.place = "";
    this.busy = false;
  }

  // Read on, or anew if another run, state or entry is meant.
  async show(run, state, entry) {
    const place = JSON.stringify([run, state, entry.entered]);
    if (place !== this.place) {
      [this.place, this.next, this.skipped, this.name] = [place, null, 0, entry.log];
      this.view.textContent = "";
    }
    this.name = entry.log;
    this.tell();
    if (this.busy || !entry.log) return;
    this.busy = true;
    try {
      for (let more = true; more && place === this.place; ) more = await this.take(run, state, place);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    } finally {
      this.busy = false;
    }
  }

  async take(run, state, place) {
    const piece = await read("log", { run, state, from: this.next });
    if (place !== this.place) return false;
    if (this.next === null) this.skipped = piece.skipped;
    this.next = piece.next;
    if (piece.text) {
      this.view.append(piece.text);
      while (this.view.textContent.length > LONGEST && this.view.childNodes.length > 1) this.view.firstChild.remove();
      if (byId("follow").checked) this.view.scrollTop = this.view.scrollHeight;
    }
    this.tell();
    return piece.more;
  }

  tell() {
    const values = { kb: number(Math.ceil(this.skipped / 1000)), name: this.name ?? "" };
    if (!this.name) write(this.note, words("no_log"));
    else if (this.skipped) write(this.note, words("log_skipped", values));
    else write(this.note, this.view.textContent ? "" : words("log_waits"));
  }

  clear() {
    this.place = "";
    this.view.textContent = "";
    write(this.note, "");
  }
}
