// The switch between the light and the dark theme. Without a choice the page follows the system.
'use strict';

(() => {
  const KEY = 'wheelworks-theme';
  const root = document.documentElement;
  const button = document.getElementById('theme');
  const system = window.matchMedia('(prefers-color-scheme: dark)');

  // Browsers refuse storage to some local files.
  const stored = () => {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const store = (theme) => {
    try {
      window.localStorage.setItem(KEY, theme);
    } catch {
      // The choice then lasts as long as the page.
    }
  };

  let chosen = ['light', 'dark'].includes(stored()) ? stored() : null;
  const show = () => {
    const theme = chosen || (system.matches ? 'dark' : 'light');
    if (chosen) root.dataset.theme = chosen;
    button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
  };
  button.addEventListener('click', () => {
    const theme = chosen || (system.matches ? 'dark' : 'light');
    chosen = theme === 'dark' ? 'light' : 'dark';
    store(chosen);
    show();
  });
  system.addEventListener('change', show);
  show();
})();
