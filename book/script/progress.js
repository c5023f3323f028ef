// Shows readers how far they have come, in the places that the pages keep for it, and says at once
// when a check turns green in JupyterLab. Without this script, or without the learner's server, a
// page has everything but that.

const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
const here = location.pathname.slice(root.pathname.length) || "index.html";
const SYMBOLS = { passed: "✓", partial: "◐", failed: "✗", unattempted: "○", inconclusive: "?" };
const STATES = { "all passed": "✓✓", "core passed": "✓", begun: "◐", "not begun": "○" };
const listeners = [];
let state = null;

/** Call `listener(state, before)` now, if the state is known, and with each change. */
export function onState(listener) {
  listeners.push(listener);
  if (state) listener(state, null);
}

/** Tell the server what the reader did; see hpclab/server/said.py. */
export async function record(event) {
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]+)/);
  const answer = await fetch(new URL("api/record", root), {
    method: "POST",
    keepalive: true, // the page may be on its way out
    headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf ? xsrf[1] : "" },
    body: JSON.stringify(event),
  }).catch(() => null); // no server, or none any more: the page goes on without
  if (answer?.ok) update(await answer.json());
}

/** An element with attributes and children; text stays text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function address(page) {
  return new URL(page, root).href;
}

export function minutes(number) {
  if (number < 90) return `${number} minutes`;
  return `${(number / 60).toFixed(1)} hours`;
}

/** A sign, which a screen reader passes over, and the words that say the same. */
export function signed(symbol, ...words) {
  return [make("span", { "aria-hidden": "true", class: "sign" }, symbol), " ", ...words];
}

function update(now) {
  const before = state;
  if (JSON.stringify(now) === JSON.stringify(before)) return; // nothing to draw anew
  state = now;
  for (const listener of listeners) listener(now, before);
}

// A browser allows a host six connections of HTTP/1.1: only the tabs that are seen listen.
let source = null;
function listen() {
  if (document.hidden) {
    source?.close();
    source = null;
  } else if (!source) {
    source = new EventSource(new URL("api/events", root));
    source.onmessage = (message) => update(JSON.parse(message.data));
  }
}

function fill(selector, content) {
  for (const place of document.querySelectorAll(selector)) {
    const children = content(Object.values(place.dataset)[0]);
    if (!children) continue;
    const focused = place.contains(document.activeElement) && document.activeElement.id;
    place.replaceChildren(...children);
    place.hidden = false;
    if (focused) document.getElementById(focused)?.focus();
  }
}

function taskLine(task, index) {
  const words = [make("code", {}, task.name), `: ${task.verdict || "not tried"}`];
  if (task.passed && task.verdict !== "passed") words.push(", passed before");
  if (index === 0) words.push(" (core)");
  if (task.tries) words.push(`, ${task.tries} ${task.tries === 1 ? "try" : "tries"}`);
  if (task.hints) words.push(`, ${task.hints} ${task.hints === 1 ? "hint" : "hints"}`);
  if (task.gave_up) words.push(", solution seen");
  return make("li", {}, ...signed(SYMBOLS[task.verdict] || "○", ...words));
}

function lessonPlace(slug) {
  const lesson = state.lessons[slug];
  const left = lesson.minutes_left ? `, ${minutes(lesson.minutes_left)} to the core task` : "";
  const title = make("p", { class: "card-title" }, `Your progress: ${lesson.state}${left}`);
  return [title, make("ul", {}, ...lesson.tasks.map(taskLine))];
}

function trackPlace(name) {
  const track = state.tracks[name];
  const left = track.minutes_left ? `, ${minutes(track.minutes_left)} left` : "";
  const chosen = state.track === name ? "Your track: " : "";
  return signed(track.done === track.of ? "✓" : "○",
    `${chosen}${track.done} of ${track.of} lessons${left}`);
}

function statePlace(slug) {
  const skip = state.skip.includes(slug) ? ", may be skipped" : "";
  return signed(STATES[state.lessons[slug].state], state.lessons[slug].state + skip);
}

function sidebar() {
  for (const link of document.querySelectorAll(".bd-sidebar-primary a")) {
    const page = link.getAttribute("href") === "#" ? here : link.href.slice(root.href.length);
    const slug = page.match(/^lessons\/([a-z0-9-]+)\.html$/)?.[1];
    if (!state.lessons[slug]) continue;
    link.querySelector(".done")?.remove();
    if (!state.lessons[slug].state.endsWith("passed")) continue;
    const words = make("span", { class: "visually-hidden" }, state.lessons[slug].state);
    link.append(make("span", { class: "done" }, " ", ...signed("✓"), words));
  }
}

const announcer = make("div", { role: "status", class: "visually-hidden" });
document.body.append(announcer);

/** Say the verdict of the check that has just run. */
function announce(now, before) {
  const [last] = now.recent;
  if (!before || !last || last.at === before.recent[0]?.at) return;
  announcer.textContent = `${last.task}: ${last.verdict}`;
}

// Where the reader is, so that the next visit goes on there.
let told = "";
function tellPlace() {
  const above = [...document.querySelectorAll(".bd-article section[id]")].filter(
    (section) => section.getBoundingClientRect().top < innerHeight / 2 && section.closest("section section"));
  const page = above.length ? `${here}#${above.at(-1).id}` : here;
  if (page === told || !/^(lessons|demos)\//.test(here)) return;
  told = page;
  record({ event: "read", page });
}

onState(() => {
  fill("[data-lesson]", lessonPlace);
  fill("[data-track].your-progress", trackPlace);
  fill("[data-state]", statePlace);
  sidebar();
});
onState(announce);
document.addEventListener("visibilitychange", listen);
fetch(new URL("api/state", root)).then(async (answer) => {
  if (!answer.ok) return; // the book is read somewhere without a learner's server
  update(await answer.json());
  listen();
  tellPlace();
  addEventListener("pagehide", tellPlace);
}).catch(() => {}); // offline, or a file on disk
