// Talks to the API: JSON in and out, the session's token with everything that changes something.
export class Refused extends Error {
  constructor(message, problem = {}) {
    super(message);
    this.problem = problem;
  }
}

function place(address) {
  const [path, given] = address.split("?");
  const query = new URLSearchParams(given);
  const practice = document.body.dataset.practice;
  if (practice) query.set("practice", practice);
  return `${path}?${query}`;
}

export async function send(path, body) {
  const answer = await fetch(place(path), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": document.body.dataset.csrf },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return understood(answer);
}

export async function ask(path) {
  return understood(await fetch(place(path), { headers: { Accept: "application/json" } }));
}

async function understood(answer) {
  if (answer.status === 401) signIn();
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
  if (!answer.ok) throw new Refused(reason(told, answer.status), told);
  return told;
}

export function reason(problem, status) {
  const faults = (problem.errors ?? []).map((e) => `${e.pointer.replace(/^\/body\/(?:\w+\/)?/, "")}: ${e.message}`);
  return [problem.detail ?? problem.title ?? `The server responded with error ${status}`, ...faults].join(". ");
}

export function signIn() {
  location.assign(`/sign-in?${new URLSearchParams({ next: location.pathname + location.search })}`);
}

export { place };
