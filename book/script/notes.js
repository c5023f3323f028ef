// In a workshop: what the instructor says to the room, and which exercises are still to come.

import { address, make, onState, signed } from "./progress.js";

const CLOSED = "hpclab-notes-closed";
const HOURS = 12; // a note of yesterday is none of today
const MOST = 3;

// It is there before it says something, so that a screen reader hears of it.
const place = make("div", { role: "status", class: "room-notes" });

function closed() {
  try {
    return JSON.parse(localStorage.getItem(CLOSED)) || [];
  } catch {
    return []; // no storage, or not ours
  }
}

function close(note, state) {
  const there = new Set(state.notes.map((one) => one.at));
  const kept = [...closed().filter((at) => there.has(at)), note.at];
  try {
    localStorage.setItem(CLOSED, JSON.stringify(kept));
  } catch {
    // then it comes back with the next page
  }
}

/** Notes stay in sight: what gets the focus, or is jumped to, must not come to lie behind them. */
function makeRoom() {
  const height = place.offsetHeight;
  const bar = document.querySelector(".bd-header-article")?.offsetHeight || 0; // stays in sight too
  place.style.top = `${bar}px`;
  document.documentElement.style.scrollPaddingTop = height ? `${bar + height + 16}px` : "";
}

function words(note, state) {
  if (note.text !== undefined) return [note.text];
  const title = state.lessons[note.lesson]?.title;
  if (!title) return null;
  const page = make("a", { href: address(`lessons/${note.lesson}.html`) }, title);
  const lab = make("a", { href: address(`../lab/tree/${note.lesson}/${note.lesson}.ipynb`), target: "hpclab-lab" },
    "open the exercise");
  return ["Released: ", page, "; ", lab, "."];
}

function card(note, state) {
  const said = words(note, state);
  if (!said) return null;
  const button = make("button", { type: "button", "aria-label": "Close this note" }, "Close");
  const time = new Date(note.at).toTimeString().slice(0, 5);
  const element = make("div", { class: "room-note" },
    make("p", {}, ...signed("☞", make("strong", {}, `Your instructor, ${time}: `), ...said)), button);
  button.addEventListener("click", () => {
    close(note, state);
    const next = element.nextElementSibling || element.previousElementSibling;
    element.remove();
    makeRoom();
    (next?.querySelector("button") || document.querySelector("h1 a, a"))?.focus();
  });
  return element;
}

function showNotes(state) {
  const done = new Set(closed());
  const since = Date.now() - HOURS * 3600e3;
  const wanted = state.notes.filter((note) => !done.has(note.at) && Date.parse(note.at) > since);
  place.replaceChildren(...wanted.slice(-MOST).reverse().map((note) => card(note, state)).filter(Boolean));
  makeRoom();
}

/** An exercise that is still held has no file: its link would lead nowhere. */
function showHeld(state) {
  for (const link of document.querySelectorAll("a.lab-link")) {
    const slug = link.getAttribute("href").match(/lab\/tree\/([a-z0-9-]+)\/\1\.ipynb$/)?.[1];
    if (!slug) continue;
    link.hidden = state.held.includes(slug);
    const next = link.nextElementSibling;
    const told = next?.classList.contains("held") ? next : null;
    if (link.hidden && !told)
      link.after(make("span", { class: "held" }, ...signed("○", "Your instructor opens the exercise later.")));
    else if (!link.hidden) told?.remove();
  }
}

onState((state, before) => {
  if (!place.isConnected) (document.querySelector(".bd-article") || document.querySelector("main"))?.prepend(place);
  if (JSON.stringify(state.notes) !== JSON.stringify(before?.notes)) showNotes(state);
  showHeld(state);
});
