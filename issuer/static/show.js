// The full-screen code: the screen stays on while it is shown, and fills the whole screen when asked. Both are extras;
// the page does without. No page can make a screen brighter: the code stands on white, and the page says how.
(() => {
  "use strict";
  let lock = null;
  async function stayOn() {
    if (!("wakeLock" in navigator) || document.visibilityState !== "visible") return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      lock = null; // the battery is low, or the person said no
    }
  }
  document.addEventListener("visibilitychange", stayOn);
  window.addEventListener("pagehide", () => lock && lock.release().catch(() => undefined));
  stayOn();

  const fill = document.querySelector("[data-fill]");
  if (fill && document.documentElement.requestFullscreen) {
    fill.hidden = false;
    fill.addEventListener("click", () => document.documentElement.requestFullscreen().catch(() => undefined));
    document.addEventListener("fullscreenchange", () => { fill.hidden = document.fullscreenElement !== null; });
  }
})();
