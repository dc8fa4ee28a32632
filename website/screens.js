/** What is shown: each function makes one screen, a section with one h1. */

import { answers, QUESTIONS, setAnswer } from "./answers.js";
import { element, portrait } from "./element.js";
import { MYSFITS } from "./mysfits.js";

/** A heading, of text or elements, that can be given the focus but is no stop of the Tab key. */
export const heading = (text, attributes = {}) => element("h1", { tabindex: "-1", ...attributes }, text);

export function intro(texts, { go, unanswered }) {
  const begun = unanswered !== 1;
  const first = `question-${unanswered ?? QUESTIONS}`;
  return element(
    "section",
    { class: "intro" },
    element(
      "div",
      {},
      heading(texts.intro.heading),
      element("p", { class: "lead" }, texts.intro.text),
      element(
        "p",
        { class: "actions" },
        element("button", { class: "button", click: () => go(first) }, begun ? texts.intro.resume : texts.intro.start),
      ),
    ),
    element(
      "div",
      { class: "gallery", "aria-hidden": "true" },
      [...MYSFITS.values()].map(({ slug }) => portrait(slug)),
    ),
  );
}

export function question(texts, number, { go, goBack }) {
  const previous = number === 1 ? "" : `question-${number - 1}`;
  const { heading: asked, answers: choices } = texts.questions[number - 1];
  const current = answers()[number - 1];
  const fault = element("p", { class: "fault", id: "fault", role: "alert" });
  const form = element(
    "form",
    { class: "card question", novalidate: true, "data-question": number },
    element("p", { class: "count", id: "count" }, texts.progress(number, QUESTIONS)),
    element("progress", { max: QUESTIONS, value: number, "aria-labelledby": "count" }),
    heading(asked, { id: "asked" }),
    element(
      "div",
      { class: "choices", role: "radiogroup", "aria-labelledby": "asked", "aria-describedby": "fault", "aria-required": "true" },
      choices.map((text, index) => choice(text, index + 1, { number, current })),
    ),
    fault,
    element(
      "p",
      { class: "actions" },
      element("button", { type: "button", class: "quiet", click: () => goBack(previous) }, texts.back),
      element("button", { class: "button" }, number === QUESTIONS ? texts.finish : texts.next),
    ),
  );
  form.addEventListener("change", ({ target }) => {
    setAnswer(number, Number(target.value));
    fault.textContent = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.elements.answer.value !== "") go(number === QUESTIONS ? "result" : `question-${number + 1}`);
    else {
      fault.textContent = texts.choose;
      form.querySelector("input").focus();
    }
  });
  return element("section", {}, form);
}

function choice(text, value, { number, current }) {
  return element(
    "label",
    { class: "choice" },
    element("input", { type: "radio", name: "answer", value, checked: value === current }),
    number === 4 && element("span", { class: `swatch swatch-${value}`, "aria-hidden": "true" }),
    element("span", {}, text),
  );
}

export function waiting(texts) {
  return element(
    "section",
    { class: "card waiting", "aria-busy": "true" },
    element(
      "div",
      { class: "parade", "aria-hidden": "true" },
      [...MYSFITS.values()].map(({ slug }) => portrait(slug)),
    ),
    heading(texts.waiting.heading),
    element("p", {}, texts.waiting.text),
    element("p", { class: "slow" }),
  );
}

const FACES = { offline: "nessi", asleep: "gary", busy: "gretta", late: "pauly", refused: "atlantis", broken: "coco" };

export function trouble(texts, fault, { go, startAgain, retry }) {
  const [title, text] = texts.trouble[fault.kind];
  const hopeless = fault.kind === "refused";
  return element(
    "section",
    { class: `card trouble ${fault.kind}`, "data-kind": fault.kind },
    portrait(FACES[fault.kind]),
    element(
      "div",
      {},
      heading(title),
      element("p", {}, text),
      element("p", { class: "countdown" }),
      element(
        "p",
        { class: "actions" },
        hopeless
          ? element("button", { class: "button", click: startAgain }, texts.trouble.again)
          : element("button", { class: "button", click: retry }, texts.trouble.retry),
        !hopeless && element("button", { class: "quiet", click: () => go("question-1") }, texts.trouble.back),
      ),
      fault.status !== null && element("p", { class: "small" }, texts.trouble.status(fault.status)),
    ),
  );
}
