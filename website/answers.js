/** What the visitor has answered, kept until the tab is closed, so that a reload loses nothing. */

export const QUESTIONS = 5;
export const CHOICES = 8;

const ANSWERS = "answers";
const RECOMMENDATION = "recommendation";

// A browser may refuse storage altogether; the quiz then lives as long as the page.
const fallback = new Map();

function read(key) {
  let text;
  try {
    text = sessionStorage.getItem(key);
  } catch {
    text = fallback.get(key);
  }
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  const text = JSON.stringify(value);
  try {
    sessionStorage.setItem(key, text);
  } catch {
    fallback.set(key, text);
  }
}

function remove(key) {
  try {
    sessionStorage.removeItem(key);
  } finally {
    fallback.delete(key);
  }
}

const isAnswer = (value) => Number.isInteger(value) && value >= 1 && value <= CHOICES;

/** The answers, 1 to 8 or null where there is none yet. What another page or version left is not trusted. */
export function answers() {
  const kept = read(ANSWERS);
  return Array.from({ length: QUESTIONS }, (_, index) => {
    const value = Array.isArray(kept) ? kept[index] : null;
    return isAnswer(value) ? value : null;
  });
}

export function setAnswer(question, value) {
  write(ANSWERS, answers().with(question - 1, value));
  remove(RECOMMENDATION);
}

/** The number of the first question without an answer; null when all have one. */
export function firstUnanswered() {
  const index = answers().indexOf(null);
  return index === -1 ? null : index + 1;
}

export function forget() {
  remove(ANSWERS);
  remove(RECOMMENDATION);
}

export const keptRecommendation = () => read(RECOMMENDATION);
export const keepRecommendation = (recommendation) => write(RECOMMENDATION, recommendation);
