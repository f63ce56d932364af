// Sets the chosen theme before the first paint.
try {
  const t = localStorage.getItem("cw-theme");
  if (t === "light" || t === "dark") document.documentElement.dataset.theme = t;
} catch {}
