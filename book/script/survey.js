// Makes the questions of a survey into a form, when there is a server to keep the answers. Without
// it, a page shows the questions and their choices as text.

import { make, onState, record } from "./progress.js";

const LONGEST = 1000; // characters; hpclab/learner/surveys.py refuses more
const asked = [...document.querySelectorAll("[data-ask]")];
const survey = asked[0]?.dataset.ask.split("/")[0];
const controls = {}; // question -> what shows its answer
let status = null;
let button = null;

function say(question, answer) {
  record({ event: "survey", survey, question, answer });
}

/** The choices as radio buttons, and one that takes the answer back. */
function choices(place, question) {
  const name = `answer-${question}`;
  const texts = [...place.querySelectorAll("li")].map((item) => item.textContent.trim());
  const values = [..."abcdefghi"].slice(0, texts.length);
  const inputs = [...values, ""].map((value, at) => {
    const input = make("input", { type: "radio", name, value, id: `${name}-${at}` });
    input.addEventListener("change", () => say(question, value));
    return input;
  });
  const lines = inputs.map((input, at) =>
    make("label", { for: input.id }, input, " ", texts[at] ?? "no answer"));
  const legend = make("legend", {}, ...place.querySelector(".ask-question").childNodes);
  place.replaceChildren(make("fieldset", {}, legend, ...lines));
  return (value) => inputs.forEach((input) => (input.checked = input.value === value));
}

/** A field for the reader's own words; they are kept when the reader leaves it. */
function words(place, question) {
  const id = `answer-${question}`;
  const field = make("textarea", { id, rows: 3, maxlength: LONGEST });
  field.addEventListener("change", () => say(question, field.value));
  const label = make("label", { for: id }, ...place.querySelector(".ask-question").childNodes);
  place.replaceChildren(label, field);
  return (value) => {
    if (document.activeElement !== field) field.value = value;
  };
}

function offer() {
  for (const place of asked) {
    const question = place.dataset.ask.split("/")[1];
    controls[question] = (place.querySelector("li") ? choices : words)(place, question);
  }
  status = make("p", { role: "status" });
  button = make("button", { type: "button", class: "ask-send" });
  button.addEventListener("click", () =>
    record({ event: "survey-sent", survey, sent: button.dataset.sent === "yes" ? "no" : "yes" }));
  asked.at(-1).after(make("div", { class: "ask-box" }, status, button));
}

function show(state) {
  const mine = state.surveys[survey] ?? { answers: {}, sent: false };
  for (const [question, set] of Object.entries(controls)) set(mine.answers[question] ?? "");
  const number = Object.keys(mine.answers).length;
  const count = `${number} of ${asked.length} answered`;
  const where = state.kept ? "kept in your own folder" : "gone when this server ends";
  status.textContent = mine.sent
    ? `✓ ${count}, and sent: in a workshop they are counted, without your name. You can change them, or take them back.`
    : `○ ${count}; ${where}, and not sent.`;
  button.dataset.sent = mine.sent ? "yes" : "no";
  button.textContent = mine.sent ? "Take my answers back" : "Send my answers";
}

if (survey)
  onState((state) => {
    if (!status) offer();
    show(state);
  });
