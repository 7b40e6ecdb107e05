// Numbers, times and ages as the server writes them (Layout/Visit.cs, Wording).

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const two = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const four = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });

export function number(value) {
  if (value === 0) return '0'; // also the negative zero
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000) return grouped.format(value);
  if (size >= 100) return one.format(value);
  if (size >= 1) return two.format(value);
  return size >= 0.001 ? four.format(value) : value.toExponential(2);
}

export const count = (value) => grouped.format(value);

export function result(value) {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === null || value === undefined ? '–' : String(value);
}

export function age(time, now = Date.now()) {
  const seconds = Math.abs(now - time) / 1000;
  let text;
  if (seconds < 5) return 'just now';
  else if (seconds < 90) text = `${Math.floor(seconds)} s`;
  else if (seconds < 5400) text = `${Math.floor(seconds / 60)} min`;
  else if (seconds < 129600) text = `${Math.floor(seconds / 3600)} h`;
  else if (seconds < 5184000) text = `${Math.floor(seconds / 86400)} days`;
  else if (seconds < 63072000) text = `${Math.floor(seconds / 86400 / 30.44)} months`;
  else text = `${Math.floor(seconds / 86400 / 365.25)} years`;
  return time > now ? `in ${text}` : `${text} ago`;
}

const local = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', timeZoneName: 'short',
});

/** 2026-01-31 12:30 CET: the visitor's own time, with its zone. */
export function localTime(time) {
  const part = Object.fromEntries(local.formatToParts(time).map((p) => [p.type, p.value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute} ${part.timeZoneName}`;
}

/** An element with attributes and children; text is never read as HTML. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function timeElement(time) {
  const iso = new Date(time).toISOString();
  return element('time', { datetime: iso, title: localTime(time), 'data-age': true }, age(time));
}

export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}
