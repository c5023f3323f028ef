// The home page: where to go on, the track, the last checks, the placement's advice, the summary.

import { address, make, minutes, onState, record, signed } from "./progress.js";

function link(page, text, attributes = {}) {
  return make("a", { href: address(page), ...attributes }, text);
}

function lessonLink(state, slug) {
  return link(`lessons/${slug}.html`, state.lessons[slug].title);
}

function listed(nodes) {
  return nodes.flatMap((node, index) => (index ? [", ", node] : [node]));
}

function next(state) {
  const to = state.continue;
  if (!to) return [make("p", {}, "You have passed the core of every lesson on your way. Well done.")];
  const lab = { class: "lab-link", target: "hpclab-lab" };
  const exercise = link(`../lab/tree/${to.lesson}/${to.lesson}.ipynb`, "Open the exercise", lab);
  const page = link(to.page, to.begun ? "Continue" : "Begin", { class: "lab-link" });
  const words = make("p", { class: "card-title" },
    `${to.begun ? "Continue where you left off" : "Begin with"}: ${to.title}`);
  const left = make("p", {}, `${minutes(to.minutes_left)} to its core task.`);
  return [words, left, make("p", {}, ...(to.exercise ? [exercise, " ", page] : [page]))];
}

function chooser(state) {
  const select = make("select", { id: "your-track" }, make("option", { value: "" }, "none yet"));
  for (const [name, track] of Object.entries(state.tracks))
    select.append(make("option", { value: name }, track.title));
  select.value = state.track;
  select.addEventListener("change", () => {
    if (select.value) record({ event: "track", track: select.value });
  });
  const track = state.tracks[state.track];
  const far = track
    ? ` ${track.done} of ${track.of} lessons, ${minutes(track.minutes_left)} left.` : "";
  return make("p", {}, make("label", { for: "your-track" }, "Your track: "), " ", select, far);
}

function lastChecks(state) {
  if (!state.recent.length) return [];
  const signs = { passed: "✓", partial: "◐", failed: "✗", unattempted: "○", inconclusive: "?" };
  const items = state.recent.map((one) => make("li", {}, ...signed(signs[one.verdict],
    make("code", {}, one.task), `: ${one.verdict}, in `, lessonLink(state, one.lesson))));
  return [make("p", { class: "card-title" }, "Your last checks"), make("ul", {}, ...items)];
}

function placement(state) {
  if (!Object.keys(state.placement).length) return null;
  const parts = [];
  if (state.track) parts.push(make("p", {}, `Your track: ${state.tracks[state.track].title}.`));
  const skip = state.skip.map((slug) => lessonLink(state, slug));
  parts.push(skip.length
    ? make("p", {}, "You may skip these, though they stay open: ", ...listed(skip))
    : make("p", {}, "Nothing to skip so far."));
  return parts;
}

function guess(one) {
  const number = (value) => Number(value.toPrecision(3)).toLocaleString("en-GB");
  return make("tr", {}, make("th", { scope: "row" }, one.question),
    make("td", {}, `${number(one.guess)} ${one.unit}`),
    make("td", {}, `${number(one.measured)} ${one.unit}`),
    make("td", {}, one.factor ? one.factor.toFixed(1) : "–"));
}

function summary(state) {
  const lessons = Object.values(state.lessons);
  const passed = lessons.flatMap((lesson) => lesson.tasks).filter((task) => task.passed).length;
  const first = lessons.flatMap((lesson) => Object.values(lesson.quiz));
  const right = first.filter(Boolean).length;
  const parts = [make("p", {}, `Tasks passed: ${passed}. Quiz answers right at first: ${right} of ${first.length}.`),
    make("p", {}, state.guessed)];
  if (state.guesses.length) {
    const titles = ["Prediction", "Your guess", "Your machine", "Off by a factor of"];
    const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
    parts.push(make("details", {}, make("summary", {}, "All predictions"),
      make("div", { class: "pst-scrollable-table-container" },
        make("table", { class: "table" }, make("thead", {}, head),
          make("tbody", {}, ...state.guesses.map(guess))))));
  }
  parts.push(make("form", { action: address("api/page"), target: "_blank" },
    make("label", { for: "your-name" }, "A page to print, unsigned, with the name "), " ",
    make("input", { id: "your-name", name: "name", maxlength: "80", autocomplete: "name" }), " ",
    make("button", {}, "Open the page")));
  if (!state.kept) parts.push(make("p", {}, "There is no learner's folder here: nothing is kept."));
  return parts;
}

const places = {
  "[data-continue]": (state) => [...next(state), chooser(state), ...lastChecks(state)],
  "[data-placement]": placement,
  "[data-summary]": summary,
};
onState((state) => {
  for (const [selector, content] of Object.entries(places)) {
    const place = document.querySelector(selector);
    const children = place && content(state);
    if (!children) continue;
    const open = place.querySelector("details")?.open;
    const typed = place.querySelector("#your-name")?.value;
    const focused = place.contains(document.activeElement) && document.activeElement.id;
    place.replaceChildren(...children);
    if (typed) place.querySelector("#your-name").value = typed;
    if (open) place.querySelector("details").open = true;
    if (focused) document.getElementById(focused)?.focus();
    place.hidden = false;
  }
});
