/** The visitor's language: the one chosen here before, or the first of the browser's that there are texts for. */

const KEY = "language";
const TEXTS = {
  en: () => import("./texts/en.js"),
  es: () => import("./texts/es.js"),
  pt: () => import("./texts/pt.js"),
};

const offered = (language) => Object.hasOwn(TEXTS, language);

export function preferred() {
  return [chosen(), ...navigator.languages.map((tag) => tag.toLowerCase().split("-")[0])].find(offered) ?? "en";
}

function chosen() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function choose(language) {
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // Without storage, the choice lives as long as the page.
  }
}

/** The texts of a language; rejects if they can't be loaded. */
export async function load(language) {
  return (await TEXTS[language]()).default;
}
