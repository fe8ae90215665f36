// Light, dark, or as the system has it; and what to draw again when that changes.

const THEMES = ["system", "light", "dark"];
const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
let chosen = THEMES[0];
try {
  const kept = localStorage.getItem("sememe-theme");
  if (THEMES.includes(kept)) chosen = kept;
} catch {
  // A page opened from disk may have no storage; the choice then lasts as long as the page.
}

export const theme = () => chosen;
export const isDark = () => chosen === "dark" || (chosen === "system" && systemDark.matches);

/** The value of a colour token, for canvases: "--ink" -> "#1c1e22". */
export function colour(token) {
  return getComputedStyle(root).getPropertyValue(token).trim();
}

/** Colours of all tokens as the browser resolves light-dark(): a probe element takes each in turn. */
export function colours(...tokens) {
  const probe = document.createElement("i");
  document.body.append(probe);
  const found = tokens.map((token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
}

export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function nextTheme() {
  chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
  try {
    localStorage.setItem("sememe-theme", chosen);
  } catch {
    // As above.
  }
  apply();
  return chosen;
}

export function apply() {
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  for (const listener of [...listeners]) listener();
}

systemDark.addEventListener("change", () => chosen === "system" && apply());
