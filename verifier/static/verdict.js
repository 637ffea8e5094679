// What a verdict needs once it is on the screen: the held button, and going away by itself.
"use strict";

window.Countersign = window.Countersign || {};

(() => {
  // Turn each <details class="held"> into a button that shows its content only while it is held down: with a finger,
  // a mouse, Space or Enter. Assistive software cannot hold; its click (detail 0, no key, no pointer) shows and hides.
  function holdButtons(root) {
    for (const details of root.querySelectorAll("details.held")) {
      const content = details.querySelector(".held__content");
      const button = document.createElement("button");
      const box = document.createElement("div");
      button.type = "button";
      button.className = "held__button";
      button.textContent = details.dataset.held;
      box.className = "held";
      content.id = content.id || `held-${Math.random().toString(36).slice(2)}`;
      button.setAttribute("aria-controls", content.id);
      box.append(button, content);
      details.replaceWith(box);
      hold(button, content);
    }
  }

  function hold(button, content) {
    let held = false; // by pointer or key: the click that follows is then no assistive one
    const show = (on) => {
      content.hidden = !on;
      button.setAttribute("aria-expanded", String(on));
    };
    const down = () => { held = true; show(true); };
    const up = () => show(false);
    show(false);
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      down();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(name, up);
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) down();
    });
    button.addEventListener("keyup", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      held = false;
      up();
    });
    button.addEventListener("click", () => {
      if (held) { held = false; return; }
      show(content.hidden);
    });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  // A verdict left alone goes away. Any touch or key starts the time anew; the last 20 seconds are announced (WCAG 2.2.1).
  function clearAfter(seconds, warning, away) {
    if (!seconds) return () => {};
    let left = seconds;
    const renew = () => { left = seconds; warning.hidden = true; };
    const timer = setInterval(() => {
      left -= 1;
      if (left === 20 || (left === seconds - 1 && seconds <= 20)) {
        warning.textContent = "This screen clears in 20 seconds. Touch it or press a key to keep it.";
        warning.hidden = false;
      }
      if (left <= 0) { stop(); away(); }
    }, 1000);
    const stop = () => {
      clearInterval(timer);
      warning.hidden = true;
      document.removeEventListener("pointerdown", renew);
      document.removeEventListener("keydown", renew);
    };
    document.addEventListener("pointerdown", renew);
    document.addEventListener("keydown", renew);
    return stop;
  }

  Object.assign(window.Countersign, { holdButtons, clearAfter });
})();
