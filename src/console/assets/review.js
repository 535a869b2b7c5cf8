// The page of an item of the weekly review: keys, drafts that are saved as one writes, undo, and the next item fetched
// before one comes to it. Without scripts the form is sent as it stands.

"use strict";

// How long one stops writing before it is saved, and how long without a key or a move is no time spent, in milliseconds.
const PAUSE = 300;
const IDLE = 60_000;

let leave = () => {};

const show = () => {
  leave();
  const page = document.getElementById("item");
  leave = page ? item(page) : week(document.getElementById("week"));
};

// Keys by what they do; what a page has not is passed over. Within a field only those with Ctrl, and Escape, work.
const keys = (actions) => {
  const press = (event) => {
    if (event.defaultPrevented || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const field = event.target.closest("input:not([type=radio]), textarea, select");
    if (field && event.key === "Escape") field.blur();
    const control = event.ctrlKey ? "Ctrl+" : "";
    if (field && !control) return;
    if (event.key === "Enter" && !control && event.target.closest("a, button, summary")) return;
    const action = actions[control + event.key];
    if (!action || (!control && event.key !== "?" && localStorage.getItem("atr keys") === "off")) return;
    if (action(event) !== false) event.preventDefault();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
};

const week = (page) => {
  if (!page) return () => {};
  const go = () => page.dataset.next && location.assign(page.dataset.next);
  return keys({ Enter: go, j: go, u: () => page.querySelector("[data-undo]")?.click() });
};

const item = (page) => {
  const form = page.querySelector("#review");
  const field = (name) => form.elements.namedItem(name);
  // What is no part of what one writes.
  const about = ["version", "seconds_spent", "guideline"];
  const written = () => [...new FormData(form)].filter(([name]) => !about.includes(name));
  const text = () => JSON.stringify(written());
  const place = page.dataset.place;
  const ends = new AbortController();
  const on = (target, kind, action) => target.addEventListener(kind, action, { signal: ends.signal });

  // Steps: the one that is looked at, the one that is wrong first, and the marks of others.
  const steps = page.querySelector("#steps");
  const tools = page.querySelector("#tools");
  const marks = form.querySelector("#marks");
  const suspect = field("suspect_step");
  let current = -1;
  const step = (place) => steps?.querySelector(`[data-step="${place}"]`);
  const findings = { suspect: "bad", sound: "good", flawed: "bad", redundant: "warn" };
  const noted = (name, value) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    marks.append(input);
  };
  const marked = (place) => marks.querySelector(`[name="step:${place}"]`);
  const noteOf = (place) => marks.querySelector(`[name="note:step:${place}"]`);
  const note = tools.querySelector("#note");
  const paint = () => {
    // A note tells why something is marked: of what is not, there is none.
    for (const input of page.querySelectorAll("[name^='note:claim:']")) {
      input.disabled = !field(input.name.slice(5)).value;
      input.hidden = input.disabled;
    }
    note.parentElement.hidden = !marked(current);
    if (document.activeElement !== note) note.value = noteOf(current)?.value ?? "";
    for (const tag of page.querySelectorAll(".mark-tag")) tag.remove();
    for (const wrong of page.querySelectorAll("#steps .wrong, .node.wrong")) wrong.classList.remove("wrong");
    const tag = (place, finding, why) => {
      const facts = step(place)?.querySelector(".facts");
      const button = tools.querySelector(`[data-mark=${finding}]`);
      if (!facts) return;
      const said = document.createElement("span");
      said.className = `tag mark-tag ${findings[finding]}`;
      said.textContent = button.firstChild.textContent.trim();
      facts.append(said);
      if (!why) return;
      const reason = document.createElement("span");
      reason.className = "mark-tag";
      reason.textContent = why;
      facts.append(reason);
    };
    for (const mark of marks.querySelectorAll("[name^='step:']")) {
      const place = mark.name.slice(5);
      tag(place, mark.value, noteOf(place)?.value);
    }
    if (!suspect?.value) return;
    tag(suspect.value, "suspect");
    step(suspect.value)?.classList.add("wrong");
    page.querySelector(`.drawn a[href="#step-${suspect.value}"] .node`)?.classList.add("wrong");
  };
  const look = (place, focus = true) => {
    const found = step(place);
    if (!found) return false;
    current = place;
    found.append(tools);
    tools.hidden = false;
    paint();
    if (focus) found.focus();
    found.scrollIntoView({ block: "nearest" });
    return true;
  };
  const move = (by) => {
    if (!look(Math.max(0, current + by)) && by > 0) steps?.querySelector(".more a")?.click();
  };
  const mark = (finding) => {
    if (current < 0) return false;
    if (finding === "suspect") {
      suspect.value = suspect.value === String(current) ? "" : current;
    } else {
      const before = marked(current);
      before?.remove();
      if (before?.value !== finding) noted(`step:${current}`, finding);
      else noteOf(current)?.remove();
    }
    changed();
  };
  // Digits one after another make a number, as far as there is such a step; any other key ends it.
  let typed = { number: "", at: 0 };
  const digit = ({ key, timeStamp }) => {
    if (!suspect) return;
    const more = timeStamp - typed.at < 1_000 ? typed.number + key : key;
    const number = Number(more) < Number(page.dataset.steps) ? more : key;
    if (Number(number) >= Number(page.dataset.steps)) return;
    typed = { number, at: timeStamp };
    suspect.value = Number(number);
    look(Number(number), false);
    changed();
  };

  on(document, "keydown", ({ key }) => {
    if (!/^[0-9]$/.test(key)) typed = { number: "", at: 0 };
  });

  // Undo: what was written before each change.
  const past = [];
  paint();
  let now = text();
  const put = (pairs) => {
    for (const input of marks.querySelectorAll("input")) input.remove();
    const cited = form.querySelectorAll(".cited");
    for (const row of [...cited].slice(1)) row.remove();
    const rows = [];
    for (const input of [...form.elements]) {
      if (!input.name || [...about, "cite", "quoted"].includes(input.name)) continue;
      if (input.type === "radio") input.checked = false;
      else input.value = "";
    }
    for (const [name, value] of pairs) {
      if (name === "cite") rows.push([value, ""]);
      else if (name === "quoted") rows.at(-1)[1] = value;
      else if (name.startsWith("step:") || name.startsWith("note:step:")) noted(name, value);
      else {
        const input = field(name);
        if (input) input.value = value;
      }
    }
    for (const [at, [name, quoted]] of rows.entries()) {
      const row = at === 0 ? cited[0] : another();
      row.children[0].value = name;
      row.children[1].value = quoted;
    }
    paint();
    now = text();
  };
  const undo = () => {
    const before = past.pop();
    if (before) {
      put(JSON.parse(before));
      keep();
      return;
    }
    page.querySelector("[data-undo]")?.click();
  };

  // Citations.
  const another = () => {
    const rows = form.querySelectorAll(".cited");
    const row = rows[rows.length - 1].cloneNode(true);
    for (const input of row.children) input.value = "";
    rows[rows.length - 1].after(row);
    return row;
  };
  const cite = (name, quoted) => {
    const rows = [...form.querySelectorAll(".cited")];
    const row = rows.find((one) => !one.children[0].value) ?? another();
    row.children[0].value = name;
    row.children[1].value = quoted;
    form.querySelector("#more").open = true;
    changed();
  };

  // Drafts. What is not saved yet lies in the browser, by whose it is; it outlives the page, and the service.
  const status = form.querySelector("#saving");
  const name = `atr draft ${page.dataset.expert} ${place}`;
  const stored = JSON.parse(localStorage.getItem(name) ?? "null");
  let saved = text();
  let timer = 0;
  let busy = false;
  const keep = () => {
    localStorage.setItem(name, JSON.stringify({ version: field("version").value, pairs: JSON.parse(now) }));
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };
  const save = async () => {
    clearTimeout(timer);
    if (busy || now === saved || ends.signal.aborted) return;
    busy = true;
    const sent = now;
    status.textContent = status.dataset.saving;
    try {
      const answer = await fetch(`${place}/draft`, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.ok) {
        field("version").value = (await answer.json()).version;
        saved = sent;
        if (now === sent) localStorage.removeItem(name);
        status.textContent = status.dataset.saved;
      } else if (answer.status === 409) {
        overtaken((await answer.json()).version);
      } else if (answer.status === 422) {
        refuse(await answer.json());
      } else {
        throw new Error(answer.status);
      }
    } catch {
      status.textContent = status.dataset.unsaved;
      timer = setTimeout(save, 2_000);
    }
    busy = false;
    if (now !== saved && status.textContent === status.dataset.saved) keep();
  };
  const overtaken = (version) => {
    const notice = form.querySelector("#overtaken");
    notice.hidden = false;
    status.textContent = "";
    notice.querySelector("[data-mine]").onclick = () => {
      notice.hidden = true;
      field("version").value = version;
      save();
    };
    notice.querySelector("[data-theirs]").onclick = () => localStorage.removeItem(name);
  };
  const refuse = ({ field: at, message }) => {
    const notice = form.querySelector("#refused");
    notice.hidden = false;
    notice.textContent = `${at}: ${message}`;
    status.textContent = "";
  };
  const changed = () => {
    paint();
    const next = text();
    if (next === now) return;
    past.push(now);
    now = next;
    form.querySelector("#refused").hidden = true;
    keep();
  };

  // Time spent: while someone is at it.
  let seen = performance.now();
  const spent = field("seconds_spent");
  const tick = setInterval(() => {
    if (!document.hidden && performance.now() - seen < IDLE) spent.value = Number(spent.value) + 1;
  }, 1_000);
  for (const kind of ["keydown", "pointermove", "wheel"]) on(document, kind, () => (seen = performance.now()));

  // Giving it, and the next item.
  let next = null;
  const fetched = page.dataset.next && fetch(page.dataset.next, { headers: { purpose: "prefetch" } });
  if (fetched) fetched.then(async (answer) => answer.ok && (next = { path: page.dataset.next, text: await answer.text() }), () => {});
  const give = async () => {
    if (busy || form.querySelector("#give").disabled) return;
    clearTimeout(timer);
    form.querySelector("#give").disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(place, { method: "POST", body, headers: { accept: "application/json" } });
      if (answer.ok) {
        localStorage.removeItem(name);
        saved = now;
        go((await answer.json()).next);
        return;
      }
      if (answer.status === 422) refuse(await answer.json());
      else status.textContent = status.dataset.unsaved;
    } catch {
      status.textContent = status.dataset.unsaved;
    }
    form.querySelector("#give").disabled = false;
  };
  const go = (path) => {
    if (next?.path !== path) return location.assign(path);
    const read = new DOMParser().parseFromString(next.text, "text/html");
    document.querySelector("main").replaceChildren(...read.querySelector("main").childNodes);
    document.title = read.title;
    history.pushState(null, "", path);
    window.htmx.process(document.querySelector("main"));
    graphs();
    show();
    window.scrollTo(0, 0);
    document.querySelector("main").focus();
    fetch(`${document.getElementById("item").dataset.place}/open`, { method: "POST" });
  };
  const send = () => {
    // The last change may be on its way still: it is given with the rest.
    if (busy) setTimeout(send, 50);
    else give();
  };

  on(form, "submit", (event) => {
    event.preventDefault();
    send();
  });
  on(page, "input", (event) => {
    if (event.target.form === form) changed();
  });
  on(note, "input", () => {
    noteOf(current)?.remove();
    if (note.value) noted(`note:step:${current}`, note.value);
    changed();
  });
  on(page, "click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.mark) mark(button.dataset.mark);
    else if (button?.dataset.cite) cite(button.dataset.cite, button.dataset.quoted);
    else if (button && "keys" in button.dataset) help();
    else {
      const found = event.target.closest("[data-step]");
      if (found && !event.target.closest("a, button")) look(Number(found.dataset.step), false);
    }
  });
  on(document, "visibilitychange", save);
  on(document, "htmx:afterSwap", paint);

  const dialog = page.querySelector("#keys");
  const switched = dialog.querySelector("#keys-on");
  switched.checked = localStorage.getItem("atr keys") !== "off";
  on(switched, "change", () => localStorage.setItem("atr keys", switched.checked ? "on" : "off"));
  page.querySelector("[data-keys]").hidden = false;
  const help = () => dialog.showModal();
  const into = (id) => () => {
    const found = page.querySelector(id);
    if (!found) return false;
    form.querySelector("#more").open = true;
    found.focus();
  };
  const verdict = (word) => () => {
    field("verdict").value = word;
    changed();
  };
  const beside = (by) => () => {
    if (by > 0 && page.dataset.next) location.assign(page.dataset.next.split("?")[0]);
    if (by < 0) history.back();
  };
  const unfold = (id) => () => {
    const found = page.querySelector(id);
    if (!found) return false;
    found.open = !found.open;
    if (found.open) found.scrollIntoView({ block: "nearest" });
  };
  const actions = {
    c: verdict("correct"),
    p: verdict("partly_correct"),
    i: verdict("incorrect"),
    x: verdict("cannot_judge"),
    n: verdict("not_my_field"),
    j: () => move(1),
    k: () => move(-1),
    s: () => mark("suspect"),
    "+": () => mark("sound"),
    "-": () => mark("flawed"),
    "=": () => mark("redundant"),
    m: () => {
      if (note.parentElement.hidden) return false;
      note.focus();
    },
    e: unfold("#more"),
    a: into("#corrected_answer"),
    r: into("#rationale"),
    t: into("#cited input"),
    f: into("#find"),
    v: into("#severity"),
    l: into("#flaw_labels"),
    g: unfold("#guideline"),
    u: undo,
    Enter: send,
    "Ctrl+Enter": send,
    "]": beside(1),
    "[": beside(-1),
    "?": help,
  };
  for (let number = 0; number <= 9; number += 1) actions[number] = digit;
  const unbind = keys(actions);

  if (stored) {
    // It was made from what stands, or else it is one of two: whoever wrote it says which.
    const same = stored.version === field("version").value;
    put(stored.pairs);
    if (now === saved) localStorage.removeItem(name);
    else if (same) {
      status.textContent = status.dataset.restored;
      timer = setTimeout(save, PAUSE);
    } else overtaken(field("version").value);
  }
  return () => {
    ends.abort();
    clearInterval(tick);
    clearTimeout(timer);
    unbind();
  };
};

window.addEventListener("popstate", () => location.reload());
show();
