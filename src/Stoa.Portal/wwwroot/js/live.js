// Values as they arrive, over server-sent events. One connection a page, held only while the page is visible.

let source = null;
let address = null;
let paused = false;
const listeners = new Set();

const open = () => {
  if (source || paused || document.hidden || !address) return;
  source = new EventSource(address);
  source.addEventListener('observations', (event) => {
    const message = JSON.parse(event.data);
    for (const listener of listeners) listener(message);
  });
};

const shut = () => {
  source?.close();
  source = null;
};

document.addEventListener('visibilitychange', () => (document.hidden ? shut() : open()));
addEventListener('pagehide', shut);

/** Calls the listener with {n: number of observations, o: [[datastream, milliseconds, result], …]}. */
export function listen(to, listener) {
  address ??= to;
  listeners.add(listener);
  open();
}

/** Stops or resumes; WCAG 2.2.2 asks for a way to stop what changes by itself. */
export function pause(stop) {
  paused = stop;
  document.documentElement.classList.toggle('is-paused', stop);
  if (stop) shut(); else open();
}
