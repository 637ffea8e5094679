// A verdict as a page of its own (after an upload or typing).
"use strict";

(() => {
  const { holdButtons, clearAfter } = window.Countersign;
  const warning = document.querySelector("[data-clear-seconds]");
  const next = document.querySelector("[data-next]");
  const leave = () => location.replace(next.href);
  holdButtons(document);
  (document.querySelector("[data-first]") || document.querySelector(".verdict") || next).focus();
  clearAfter(Number(warning.dataset.clearSeconds), warning, leave);
  // Coming back to it from the browser's memory would show somebody's data again.
  addEventListener("pageshow", (event) => { if (event.persisted) leave(); });
})();
