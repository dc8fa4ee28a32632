/** The quiz: what the address after # names is shown, so back, forward and reload work as everywhere. */

import { firstUnanswered, forget, keepRecommendation, keptRecommendation, answers, QUESTIONS } from "./answers.js";
import { choose, load, preferred } from "./language.js";
import { recommend, Trouble } from "./recommendation.js";
import { result } from "./result.js";
import { intro, question, trouble, waiting } from "./screens.js";

const SLOW_MS = 4_000;
const MOST_RETRIES = 3;
const LONGEST_RETRY_SECONDS = 60;

const main = document.getElementById("main");
const status = document.getElementById("status");
const languages = document.getElementById("language");

let texts;
let leaving = new AbortController();

/** Show a screen. After the first, its heading gets the focus, so that it is read and keys start there. */
function show(screen, { focus = true } = {}) {
  const first = !main.querySelector("section");
  main.replaceChildren(screen);
  const heading = screen.querySelector("h1");
  document.title = heading.textContent === texts.title ? texts.title : `${heading.textContent} · ${texts.title}`;
  if (focus && !first) {
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

const go = (route) => {
  location.hash = route;
};

/** Go to an earlier screen: by the browser's history if that is where the visitor came from. */
function goBack(route) {
  if (history.state?.before === route) history.back();
  else go(route);
}

function replace(route) {
  history.replaceState(history.state, "", `#${route}`);
  render();
}

/** Show what the address names; what the last screen still does is ended. */
function render(options) {
  leaving.abort();
  leaving = new AbortController();
  status.textContent = "";
  const route = location.hash.slice(1);
  const number = Number(/^question-([1-9])$/.exec(route)?.[1] ?? 0);
  if (number >= 1 && number <= QUESTIONS) showQuestion(number, options);
  else if (route === "result") showResult(options);
  else show(intro(texts, { go, unanswered: firstUnanswered() }), options);
}

function showQuestion(number, options) {
  const missing = firstUnanswered();
  // Whoever comes by an old address starts where an answer is missing.
  if (missing !== null && missing < number) replace(`question-${missing}`);
  else show(question(texts, number, { go, goBack }), options);
}

function showResult(options) {
  const missing = firstUnanswered();
  if (missing !== null) replace(`question-${missing}`);
  else if (keptRecommendation() !== null) show(result(texts, keptRecommendation(), { go, startAgain }), options);
  else ask(leaving.signal, 0);
}

function startAgain() {
  forget();
  go("question-1");
}

/** Ask the API; `retries`: how often that was done again without the visitor's asking. */
async function ask(signal, retries) {
  const screen = waiting(texts);
  show(screen);
  status.textContent = texts.waiting.text;
  const slow = setTimeout(() => {
    screen.querySelector(".slow").textContent = texts.waiting.slow;
    status.textContent = texts.waiting.slow;
  }, SLOW_MS);
  try {
    const recommendation = await recommend(answers(), signal);
    if (signal.aborted) return;
    keepRecommendation(recommendation);
    status.textContent = "";
    show(result(texts, recommendation, { go, startAgain }));
  } catch (error) {
    if (signal.aborted) return;
    showTrouble(error instanceof Trouble ? error : new Trouble("broken"), signal, retries);
  } finally {
    clearTimeout(slow);
  }
}

function showTrouble(fault, signal, retries) {
  status.textContent = "";
  const screen = trouble(texts, fault, { go, startAgain, retry: () => render() });
  show(screen);
  if (fault.kind === "offline") addEventListener("online", () => render(), { once: true, signal });
  else if (fault.retryAfter !== null && retries < MOST_RETRIES) {
    countDown(screen.querySelector(".countdown"), fault.retryAfter, signal, () => ask(signal, retries + 1));
  }
}

function countDown(line, seconds, signal, then) {
  let left = Math.min(seconds, LONGEST_RETRY_SECONDS);
  const tell = () => {
    line.textContent = texts.trouble.retryIn(left);
  };
  tell();
  const ticking = setInterval(() => {
    left -= 1;
    if (left > 0) return tell();
    clearInterval(ticking);
    return then();
  }, 1000);
  signal.addEventListener("abort", () => clearInterval(ticking));
}

async function speak(language, options) {
  texts = await load(language);
  document.documentElement.lang = language;
  languages.value = language;
  document.getElementById("skip").textContent = texts.skip;
  document.getElementById("language-label").textContent = texts.language;
  document.getElementById("footer").textContent = texts.footer;
  render(options);
}

languages.addEventListener("change", async () => {
  const language = languages.value;
  try {
    await speak(language, { focus: false });
    choose(language);
  } catch {
    // Offline, the texts can't be had: the page stays as it is.
    languages.value = document.documentElement.lang;
  }
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address after # is the quiz's
  main.focus();
});
addEventListener("hashchange", ({ oldURL }) => {
  // A new entry of the history has no state; one that the visitor went back to knows what was before it.
  if (history.state === null) history.replaceState({ before: new URL(oldURL).hash.slice(1) }, "");
  render();
});

await speak(preferred());
