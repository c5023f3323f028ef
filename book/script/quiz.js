// Keeps the answers that a reader opens, and shows at the next visit what they answered first.

import { make, onState, record } from "./progress.js";

for (const answer of document.querySelectorAll("[data-question] .answer")) {
  answer.addEventListener("toggle", () => {
    if (!answer.open) return;
    const [lesson, question] = answer.closest("[data-question]").dataset.question.split("/");
    record({ event: "quiz", lesson, question, answer: answer.dataset.answer });
  });
}

onState((state) => {
  for (const place of document.querySelectorAll("[data-question]")) {
    const [lesson, question] = place.dataset.question.split("/");
    const right = state.lessons[lesson]?.quiz[question];
    if (right === undefined || place.querySelector(".answered")) continue;
    const words = right ? "Your first answer was right." : "Your first answer was not the right one.";
    place.append(make("p", { class: "answered" }, words));
  }
});
