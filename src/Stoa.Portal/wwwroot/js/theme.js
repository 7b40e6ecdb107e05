// Which of light and dark is in force, whoever chose it.

const dark = matchMedia('(prefers-color-scheme: dark)');
const root = document.documentElement;

export const isDark = () => (root.dataset.theme === 'auto' ? dark.matches : root.dataset.theme === 'dark');

const changed = () => {
  root.dataset.scheme = isDark() ? 'dark' : 'light';
  document.dispatchEvent(new CustomEvent('stoa:theme'));
};

dark.addEventListener('change', changed);
root.dataset.scheme = isDark() ? 'dark' : 'light';

/** Remembers the choice in the cookie that the server reads, and applies it without a new page. */
export function choose(theme) {
  const year = 365 * 24 * 3600;
  document.cookie = `stoa-theme=${theme}; Path=/; Max-Age=${theme === 'auto' ? 0 : year}; SameSite=Lax`;
  root.dataset.theme = theme;
  changed();
}

/** A colour token as the browser resolves it, for what is drawn on a canvas. */
export function colour(token) {
  const probe = document.createElement('span');
  probe.hidden = true;
  probe.style.color = `var(--${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
