// Draws the wall anew with each server-sent event. All that it shows was made by the service; names
// are put in as text.

const STATES = [
  // sign in the data, sign on the wall, class, word
  ["p", "✓", "passed", "passed"],
  ["a", "◐", "partial", "partial"],
  ["f", "✗", "failed", "failed"],
  ["i", "?", "unclear", "unclear"],
  ["u", "○", "begun", "begun"],
  [".", "·", "untried", "not tried"],
];
const BY_SIGN = Object.fromEntries(STATES.map((state) => [state[0], state]));
const TIMES = {
  "median minutes": (task) => task.minutes ?? "–",
  "minutes planned": (task) => task.plan,
};
const FEET = { passed: (task) => task.counts.p, ...TIMES };
const HEAD = 10.5; // em: height of the columns' titles
const ROW = 1.55; // em: height of a row
const NAME = 13; // em: width of a name with its badges
const CELL = 2.3; // em: width of a sign
const WORD = 6; // em: width of a sign with its word
const SMALLEST = 13; // pixels
const LARGEST = 30;
const AGAIN = 1000; // milliseconds until a lost connection is tried again

const at = (id) => document.getElementById(id);
const chosen = new URLSearchParams(location.hash.slice(1)).get("lessons") ?? "";
let seen = null;
let helping = null;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A sign, which a screen reader passes over, and the word that says the same. */
function signed([, sign, , word], ...more) {
  return [make("span", { class: "sign", "aria-hidden": "true" }, sign),
    make("span", { class: "word" }, ` ${word}`, ...more)];
}

function badge(kind, text) {
  return make("span", { class: `badge ${kind}` }, text);
}

/** The lessons that are shown, and where each of their tasks stands among all tasks. */
function columns(wall) {
  const select = at("lessons").value;
  const shown = new Set(select === "" ? wall.focus : [select]);
  let number = 0;
  const found = [];
  for (const lesson of wall.lessons) {
    const tasks = lesson.tasks.map((task) => ({ ...task, number: number++ }));
    if (select === "*" || shown.has(lesson.slug)) found.push({ ...lesson, tasks });
  }
  return found;
}

/** The size of letters, the number of tables side by side, and whether words fit too. */
function layout(rows, feet, tasks, share = 1) {
  const box = at("grid");
  const wide = box.clientWidth - 4;
  const high = (innerHeight - box.getBoundingClientRect().top - scrollY - 60) * share;
  let best = { size: 0 };
  for (let tables = 1; tables <= 4 && tables <= Math.max(1, rows); tables++) {
    const down = high / ((Math.ceil(rows / tables) + feet) * ROW + HEAD);
    const across = (cell) => (wide - 24 * tables) / (tables * (NAME + tasks * cell));
    const size = Math.min(down, across(CELL), LARGEST);
    const words = across(WORD) >= 0.7 * size;
    if (size > best.size) best = { size: words ? Math.min(size, across(WORD)) : size, tables, words };
  }
  return { ...best, size: Math.max(best.size, SMALLEST) };
}

function heads(lessons) {
  const first = make("tr", {}, make("td", {}),
    ...lessons.map((lesson) => make("th", { scope: "colgroup", colspan: lesson.tasks.length }, lesson.title)));
  const second = make("tr", {}, make("th", { scope: "col" }, "Learner"));
  for (const task of lessons.flatMap((lesson) => lesson.tasks))
    second.append(make("th", { scope: "col", class: "task", title: task.name }, make("span", {}, task.name)));
  return make("thead", {}, first, second);
}

function row(one, tasks) {
  const name = make("th", { scope: "row" }, one.name);
  if (one.help) name.append(badge("help", "HELP"));
  if (one.stuck) name.append(badge("stuck", "STUCK"));
  const cells = tasks.map(({ number }) => {
    const state = BY_SIGN[one.cells[number]];
    const here = number === one.at;
    return make("td", { class: state[2] + (here ? " here" : "") }, ...signed(state, here ? ", here" : ""));
  });
  return make("tr", {}, name, ...cells);
}

/** How many have passed, and how long it took: the last rows of the first table. */
function feet(tasks) {
  return make("tfoot", {}, ...Object.entries(FEET).map(([name, count]) =>
    make("tr", {}, make("th", { scope: "row" }, name), ...tasks.map((task) => make("td", {}, `${count(task)}`)))));
}

/** A row a learner, in as many tables as make the letters largest. */
function everybody(wall, lessons) {
  const tasks = lessons.flatMap((lesson) => lesson.tasks);
  const { size, tables, words } = layout(wall.rows.length, Object.keys(FEET).length, tasks.length);
  at("grid").className = words ? "grid words" : "grid";
  at("grid").style.setProperty("--size", size);
  const high = Math.ceil(wall.rows.length / tables) || 1;
  const made = [];
  for (let from = 0; from < Math.max(1, wall.rows.length); from += high) {
    const body = make("tbody", {}, ...wall.rows.slice(from, from + high).map((one) => row(one, tasks)));
    made.push(make("table", {}, heads(lessons), body, ...(from ? [] : [feet(tasks)])));
  }
  return made;
}

/** Of a crowd: a row a state, with counts. */
function counts(wall, lessons) {
  const tasks = lessons.flatMap((lesson) => lesson.tasks);
  const { size } = layout(1, 6, tasks.length * 1.5, 0.65);
  at("grid").className = "grid counts";
  at("grid").style.setProperty("--size", size);
  const line = (name, count, of = wall.on) => make("tr", {}, make("th", { scope: "row" }, ...name),
    ...tasks.map((task) => {
      const bar = make("span", { class: "bar" }); // the same once more, to be seen from afar
      bar.style.setProperty("--share", of ? count(task) / of : 0);
      return make("td", {}, `${count(task)}`, bar);
    }));
  const body = STATES.map((state) => line([make("span", { class: "sign", "aria-hidden": "true" }, state[1]),
    ` ${state[3]}`], (task) => task.counts[state[0]]));
  body.push(line([badge("stuck", "STUCK")], (task) => task.stuck));
  const head = heads(lessons);
  head.querySelector("th[scope=col]").textContent = "Learners";
  body.push(...Object.entries(TIMES).map(([name, count]) => line([name], count, 0)));
  return [make("table", {}, head, make("tbody", {}, ...body))];
}

/** Text with `code` in backquotes. */
function coded(text) {
  return text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

function need(one) {
  const parts = [make("strong", {}, one.name)];
  if (one.help !== null) parts.push(badge("help", `HELP, ${one.help} min`));
  if (one.stuck !== null) parts.push(badge("stuck", `STUCK, ${one.stuck} min`));
  if (one.task) parts.push(" ", make("code", {}, one.task));
  return make("li", {}, ...parts);
}

function common(one) {
  if (!one) return ["None that two learners share."];
  return [`${one.count} learners, task `, make("code", {}, one.task), ": ", ...coded(one.sentence)];
}

/** Say aloud who has begun to ask for help. */
function announce(wall) {
  const now = new Set(wall.needs.filter((one) => one.help !== null).map((one) => one.name));
  const fresh = helping ? [...now].filter((name) => !helping.has(name)) : [];
  if (fresh.length) at("said").textContent = `${fresh.join(", ")}: help is asked for`;
  helping = now;
}

function draw() {
  if (!seen) return;
  const wall = seen;
  offer(wall);
  at("title").textContent = wall.title;
  const quiet = wall.of - wall.on;
  at("facts").textContent = `${wall.on} of ${wall.of} on the wall` + (quiet ? `, ${quiet} have not checked yet` : "") +
    `; ${wall.helping} asking for help, ${wall.stuck} stuck for ten minutes`;
  document.body.className = wall.crowd ? "crowd" : "";
  at("pace").textContent = wall.pace;
  const lessons = columns(wall);
  at("grid").replaceChildren(...(wall.crowd ? counts : everybody)(wall, lessons));
  const box = at("grid");
  if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
  const needs = wall.needs.map(need);
  at("needs").replaceChildren(...(needs.length ? needs : [make("li", {}, "Nobody.")]));
  at("needs").setAttribute("role", "list");
  at("needs-more").textContent = wall.more ? `and ${wall.more} more` : "";
  at("common").replaceChildren(...common(wall.common));
  announce(wall);
}

/** The list of lessons, made once and again when the course was built anew. */
function offer(wall) {
  const select = at("lessons");
  const options = [["", "Where the room is"], ["*", "All"], ...wall.lessons.map((one) => [one.slug, one.title])];
  const known = options.flat().join("|");
  if (select.dataset.known === known) return;
  const value = select.dataset.known === undefined ? chosen : select.value;
  select.replaceChildren(...options.map(([slug, title]) => make("option", { value: slug }, title)));
  select.value = options.some(([slug]) => slug === value) ? value : "";
  select.dataset.known = known;
}

function legend() {
  const keys = STATES.map((state) => make("li", {},
    make("span", { class: `key ${state[2]}`, "aria-hidden": "true" }, state[1]), ` ${state[3]}`));
  keys.push(make("li", {}, badge("help", "HELP"), " asks for help"),
    make("li", {}, badge("stuck", "STUCK"), " ten minutes without getting further"),
    make("li", {}, "framed: where somebody is"));
  at("legend").replaceChildren(...keys);
  at("legend").setAttribute("role", "list");
}

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Light or dark, as chosen in the book, else as the system is. */
function paint() {
  let mode = localStorage.getItem("mode");
  if (mode !== "light" && mode !== "dark") mode = dark.matches ? "dark" : "light";
  document.documentElement.dataset.theme = mode;
}

function listen() {
  const source = new EventSource("api/events");
  source.onmessage = (message) => {
    seen = JSON.parse(message.data);
    at("lost").textContent = "";
    draw();
  };
  source.onerror = async () => {
    at("lost").textContent ||= `No connection since ${new Date().toTimeString().slice(0, 5)}; what is below is old.`;
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    const answer = await fetch("api/wall").catch(() => null);
    if (answer?.status === 403) location.reload(); // logs in again
    else setTimeout(listen, AGAIN);
  };
}

at("lessons").addEventListener("change", () => {
  location.hash = `lessons=${at("lessons").value}`;
  draw();
});
at("mode").addEventListener("click", () => {
  const mode = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("mode", mode);
  localStorage.setItem("theme", mode);
  paint();
});
dark.addEventListener("change", paint);
addEventListener("storage", paint);
addEventListener("resize", draw);
paint();
legend();
listen();
