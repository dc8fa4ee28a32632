/** The screen that introduces the mysfit, and says how sure the model was. */

import { element, portrait } from "./element.js";
import { heading } from "./screens.js";

const RUNNERS_UP = 3;
// Shares of the votes from which a match is called good, and clear.
const GOOD = 0.4;
const CLEAR = 0.7;

export function result(texts, { mysfit, ranking, neighbours }, { go, startAgain }) {
  const words = texts.result;
  return element(
    "section",
    { class: "result", "data-mysfit": mysfit.id },
    introduction(texts, mysfit),
    sureness(words, mysfit, ranking[0].share, neighbours.length),
    runnersUp(texts, ranking.slice(1, RUNNERS_UP + 1)),
    nearest(words, neighbours),
    element(
      "p",
      { class: "actions" },
      element("button", { class: "button", click: startAgain }, words.again),
      element("button", { class: "quiet", click: () => go("question-1") }, words.change),
    ),
  );
}

function introduction(texts, { slug, name }) {
  const [species, text] = texts.mysfits[slug];
  return element(
    "div",
    { class: "card introduction" },
    portrait(slug, { size: 320 }),
    element(
      "div",
      {},
      heading([element("span", { class: "before" }, texts.result.before, " "), name]),
      element("p", { class: "species" }, species),
      element("p", { class: "lead" }, text),
    ),
  );
}

function sureness(words, { name }, share, count) {
  const level = share >= CLEAR ? "high" : share >= GOOD ? "middle" : "low";
  return element(
    "div",
    { class: "card sureness" },
    element("h2", { id: "sureness" }, words.sureness[level]),
    element("p", { class: "figure", "aria-hidden": "true" }, percent(share)),
    bar(share),
    element("p", {}, words.votes(Math.round(share * count), count, name)),
  );
}

/** A meter that looks the same in every browser. */
function bar(share) {
  const filled = element("div", {});
  filled.style.width = `${share * 100}%`;
  return element(
    "div",
    {
      class: "meter",
      role: "meter",
      "aria-labelledby": "sureness",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": Math.round(share * 100),
      "aria-valuetext": percent(share),
    },
    filled,
  );
}

function runnersUp(texts, ranking) {
  const words = texts.result;
  const rows = ranking.map(({ mysfit: { slug, name }, share }) =>
    element(
      "li",
      {},
      portrait(slug, { size: 64 }),
      element(
        "div",
        {},
        element("strong", {}, name),
        element("div", { class: "soft" }, `${texts.mysfits[slug][0]} · ${words.share(percent(share))}`),
      ),
    ),
  );
  return element(
    "div",
    { class: "card runners-up" },
    element("h2", {}, words.runnersUp),
    rows.length > 0 ? element("ol", {}, rows) : element("p", {}, words.alone),
  );
}

function nearest(words, neighbours) {
  return element(
    "div",
    { class: "card nearest" },
    element("h2", {}, words.neighbours),
    element("p", {}, words.neighboursText),
    element(
      "ol",
      {},
      neighbours.map(({ mysfit: { slug, name }, distance }) =>
        element(
          "li",
          {},
          portrait(slug, { name: words.neighbour(name, rounded(distance)), size: 56 }),
          element("span", { class: "soft", "aria-hidden": "true" }, rounded(distance)),
        ),
      ),
    ),
  );
}

const language = () => document.documentElement.lang;
const percent = (share) => share.toLocaleString(language(), { style: "percent", maximumFractionDigits: 0 });
const rounded = (number) => number.toLocaleString(language(), { maximumFractionDigits: 1 });
