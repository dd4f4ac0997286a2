// A classic script for the head: the chosen theme is set before the first paint. Everything else is in app.js.
(() => {
  try {
    const chosen = localStorage.getItem('ccd-theme');
    if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
  } catch { /* storage is off: follow the system */ }
})();
