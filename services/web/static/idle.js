// Warns before an idle session ends; any request of the person keeps it.
import { toast } from "./toasts.js";

const WARN = 60; // seconds before the end
let last = Date.now(), warned = false;

export function startIdle() {
  const limit = Number(document.body.dataset.idle || 0);
  if (!limit) return;
  const asked = window.fetch;
  window.fetch = (address, options = {}) => {
    if (!options.headers?.["X-Live"] && !String(address).startsWith("/v1/stream")) { last = Date.now(); warned = false; }
    return asked(address, options);
  };
  setInterval(() => {
    const left = limit - (Date.now() - last) / 1000;
    if (warned || left > WARN || left < 0) return;
    warned = true;
    toast("You will be signed out soon. What you typed is kept.", "Stay signed in", () => fetch("/v1/session"));
  }, 5000);
}
