// A running import: its figures come by themselves. Without this script "Look again" loads the page.
"use strict";

(() => {
  const run = document.getElementById("run");
  const address = run && run.dataset.state;
  if (!address) return;
  const EVERY_MS = 2000;
  const again = document.getElementById("again");
  if (again) again.hidden = true;

  const look = async () => {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.status === 401 || answer.status === 404) { location.reload(); return; }
      if (answer.ok && !show(await answer.json())) return;
    } catch {
      // The connection is gone for a moment: the figures stand, and the next look tells.
    }
    setTimeout(look, EVERY_MS);
  };

  // Whether to look again. At its end the page is loaded anew: it then has the rows that failed.
  const show = (told) => {
    if (told.state !== run.dataset.was && !(run.dataset.was === "waiting" && told.state === "running")) {
      location.reload();
      return false;
    }
    run.dataset.was = told.state;
    const words = document.getElementById("run-words");
    if (words.textContent !== told.words) words.textContent = told.words;
    document.getElementById("run-bar").value = told.done;
    for (const [name, text] of Object.entries(told.parts)) {
      const place = run.querySelector(`[data-part="${name}"]`);
      if (place) place.textContent = text;
    }
    return true;
  };

  setTimeout(look, EVERY_MS);
})();
