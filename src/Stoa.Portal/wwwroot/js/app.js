// What every page has: appearance, ages that go on counting, local times, copying. Pages work without it.

import { age, localTime } from './words.js';
import { choose } from './theme.js';

function appearance() {
  const form = document.querySelector('[data-appearance]');
  form?.addEventListener('submit', (event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    choose(theme);
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-pressed', button.value === theme);
    close(form.closest('details'), true);
  });
}

function close(menu, focus) {
  if (!menu?.open) return;
  menu.open = false;
  if (focus) menu.querySelector('summary').focus();
}

function menus() {
  document.addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('[data-menu][open]')) if (!menu.contains(event.target)) close(menu);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') for (const menu of document.querySelectorAll('[data-menu][open]')) close(menu, true);
  });
}

function times() {
  const tick = () => {
    for (const node of document.querySelectorAll('time[data-age]')) {
      const text = age(Date.parse(node.dateTime));
      if (node.textContent !== text) node.textContent = text;
    }
  };
  for (const node of document.querySelectorAll('time[data-local]')) node.textContent = localTime(Date.parse(node.dateTime));
  for (const node of document.querySelectorAll('time[data-age]')) node.title = localTime(Date.parse(node.dateTime));
  setInterval(() => { if (!document.hidden) tick(); }, 5000);
}

function copying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll('[data-copy]')) {
    const label = button.querySelector('span');
    button.hidden = false;
    button.setAttribute('aria-live', 'polite');
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(button.closest('.call').querySelector('code').textContent);
      label.textContent = 'Copied';
      setTimeout(() => { label.textContent = 'Copy'; }, 2000);
    });
  }
}

appearance();
menus();
times();
copying();
if (document.querySelector('[data-log-entry]')) import('./log-entry.js').then((entry) => entry.start());
if (document.querySelector('[data-passkey]')) import('./passkey.js').then((passkey) => passkey.start());
if (document.querySelector('[data-chart]')) import('./chart.js').then((chart) => chart.start());
if (document.querySelector('[data-map]')) import('./map.js').then((map) => map.start());
