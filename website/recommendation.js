/** Asks the API which mysfit suits five answers. */

import { MYSFITS } from "./mysfits.js";

// API Gateway gives up after 29 seconds.
const LONGEST_MS = 35_000;

// What the visitor can do about an answer's status; every other one is "broken".
const KINDS = new Map([
  [400, "refused"],
  [413, "refused"],
  [415, "refused"],
  [429, "busy"],
  [503, "asleep"],
  [504, "late"],
]);

/** Why there is no recommendation. `retryAfter`: seconds until it may be worth another try, or null. */
export class Trouble extends Error {
  constructor(kind, { status = null, retryAfter = null } = {}) {
    super(kind);
    this.kind = kind;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Resolves to {mysfit, ranking, neighbours}; rejects with Trouble, or AbortError once `signal` is aborted. */
export async function recommend(entry, signal) {
  if (navigator.onLine === false) throw new Trouble("offline");
  const response = await send(entry, signal);
  if (!response.ok) throw trouble(response);
  return understood(await body(response));
}

async function send(entry, signal) {
  const timeout = AbortSignal.timeout(LONGEST_MS);
  try {
    return await fetch("/api/recommendations?details=true", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ entry }),
      signal: AbortSignal.any([signal, timeout]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Trouble(timeout.aborted ? "late" : "offline");
  }
}

function trouble(response) {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new Trouble(KINDS.get(response.status) ?? "broken", {
    status: response.status,
    retryAfter: seconds > 0 ? seconds : null,
  });
}

async function body(response) {
  try {
    return await response.json();
  } catch {
    throw new Trouble("broken", { status: response.status });
  }
}

/** The answer with mysfits in the place of their ids; one that holds an unknown id is of no use. */
function understood(answer) {
  try {
    return {
      mysfit: known(answer.recommendedMysfit),
      ranking: answer.details.ranking.map(({ mysfit, share }) => ({ mysfit: known(mysfit), share })),
      neighbours: answer.details.neighbours.map(({ mysfit, distance }) => ({ mysfit: known(mysfit), distance })),
    };
  } catch {
    throw new Trouble("broken", { status: 200 });
  }
}

function known(id) {
  const mysfit = MYSFITS.get(id);
  if (mysfit === undefined) throw new RangeError("unknown mysfit");
  return mysfit;
}
