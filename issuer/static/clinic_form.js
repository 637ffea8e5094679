// The nurse's form, better: products while typing (combobox of the ARIA Authoring Practices, list autocomplete with
// the first option marked), the vial's code without a reload, Enter to the next field, Ctrl+Enter to record.
// Without this script every press of a button does the same by sending the form.
"use strict";

(() => {
  const form = document.getElementById("nurse");
  const WAIT_MS = 60;
  const GROUP_SEPARATOR = "\u001d";
  // A vial scanned while the cursor stands in another field: GTIN, then expiry date, lot or serial number.
  const VIAL = /(?:\][A-Za-z][0-9])?01[0-9]{14}(?:17|10|21|11)[^ ]{4,}$/;

  // ---- Undo ends after its minute; the server decides, this only takes the button away ----

  for (const one of document.querySelectorAll("form[data-seconds]")) {
    setTimeout(() => one.remove(), Number(one.dataset.seconds) * 1000);
  }
  if (!form) return;

  const said = document.getElementById("said");
  const say = (words) => { said.textContent = words; };

  // ---- Enter moves on ----

  const stops = () => [...form.querySelectorAll("input:not([type=hidden]), select, button")].filter(
    (one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility());

  const moveOn = (from) => {
    const fields = stops().filter((one) => one.tagName !== "BUTTON" || one.id === "record");
    const next = fields[fields.indexOf(from) + 1];
    if (!next) return;
    next.focus();
    if (next.select && next.type !== "radio" && next.type !== "checkbox") next.select();
  };

  const record = () => form.requestSubmit(document.getElementById("record"));

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const at = event.target;
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); record(); return; }
    if (at.tagName === "BUTTON" || at.tagName === "SUMMARY" || event.defaultPrevented) return;
    event.preventDefault();
    if (at.id === "scan" && at.value.trim()) { scan(at); return; }
    const strayed = at.type === "text" && at.value.match(VIAL);
    if (strayed) { at.value = at.value.slice(0, strayed.index); part("scan", strayed[0]); return; }
    moveOn(at);
  });

  // One press, one sending: a second one while the first is under way would be answered "recorded before".
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    const pressed = event.submitter && event.submitter.value || "next";
    if (/^(add|remove|find|scan)/.test(pressed)) { event.preventDefault(); part(pressed); return; }
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => { delete form.dataset.sent; });

  // ---- The rows, answered alone ----

  let queue = Promise.resolve();

  const part = (pressed, scanned = "") => {
    queue = queue.then(() => send(pressed, scanned)).catch(() => say("The page could not be reached. Press again."));
    return queue;
  };

  const send = async (pressed, scanned) => {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", pressed);
    if (scanned) body.set("scan", scanned);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Part": "rows" }, redirect: "manual" });
    if (!answer.ok) { form.dataset.sent = ""; form.requestSubmit(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = page.getElementById("rows");
    if (!rows) { location.reload(); return; }
    const inRows = document.getElementById("rows").contains(document.activeElement);
    document.getElementById("rows").replaceWith(rows);
    say(rows.dataset.said || "");
    improve(rows);
    if (inRows || pressed !== "scan" || rows.dataset.focus !== "scan") focusOn(rows.dataset.focus);
  };

  const focusOn = (name) => {
    const found = document.getElementById(name) || document.getElementById("scan");
    (found.matches("fieldset") ? found.querySelector("input") || found : found).focus();
  };

  // ---- The vial's code: a scanner types it, and ends with Enter ----

  const scan = (field) => {
    const text = field.value;
    field.value = "";
    part("scan", text);
  };

  document.getElementById("scan").addEventListener("keydown", (event) => {
    // Scanners that act as keyboards send the group separator as Ctrl+], F8 or the character itself.
    const separator = (event.ctrlKey && event.key === "]") || event.key === "F8" || event.key === GROUP_SEPARATOR;
    if (!separator) return;
    event.preventDefault();
    event.target.setRangeText(GROUP_SEPARATOR, event.target.selectionStart, event.target.selectionEnd, "end");
  });

  // ---- Products while typing ----

  const combobox = (cell) => {
    const input = cell.querySelector(".combo input");
    const row = cell.closest(".row");
    const kept = (name) => row.querySelector(`[data-part="${name}"]`);
    const list = document.createElement("ul");
    let options = [], marked = -1, asked = "", waiting = null, timer = 0, stopped = null;

    cell.querySelector(".combo__find").hidden = true;
    list.id = `${input.id}-options`;
    list.className = "options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "What it may be");
    input.parentElement.append(list);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, "aria-haspopup": "listbox",
    })) input.setAttribute(name, value);

    const close = () => {
      list.hidden = true;
      marked = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const mark = (place) => {
      marked = place;
      [...list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === place)));
      if (place < 0) return;
      input.setAttribute("aria-activedescendant", list.children[place].id);
      list.children[place].scrollIntoView({ block: "nearest" });
    };

    const choose = (place) => {
      const one = options[place];
      if (!one) return;
      const another = kept("code").value !== one.code;
      input.value = one.name;
      kept("code").value = one.code;
      kept("known").value = one.name;
      kept("manufacturer").value = one.manufacturer;
      if (another && kept("origin").value === "drive") forgetLot();
      if (another) kept("origin").value = "";
      kept("chosen").textContent = one.detail;
      close();
    };

    // The lot that was remembered belongs to the product that was remembered.
    const forgetLot = () => {
      for (const end of ["lot", "expires"]) {
        const field = document.getElementById(`r${row.dataset.row}-${end}`);
        if (field && field.value === field.defaultValue) field.value = "";
      }
    };

    const show = (found) => {
      options = found;
      list.replaceChildren(...found.map((one, number) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${number}`;
        item.className = "option";
        item.setAttribute("role", "option");
        const name = document.createElement("strong");
        name.textContent = one.name;
        const detail = document.createElement("span");
        detail.textContent = one.detail;
        item.append(name, detail);
        item.addEventListener("pointerdown", (event) => event.preventDefault());
        item.addEventListener("click", () => { choose(number); moveOn(input); });
        return item;
      }));
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      if (found.length) mark(0); else close();
      say(found.length ? `${found.length} to choose from. The first is ${found[0].name}.` : "Nothing like this is known. Type another part of the name.");
    };

    const ask = async (typed) => {
      if (stopped) stopped.abort();
      stopped = new AbortController();
      asked = typed;
      const address = `${cell.dataset.combobox}?q=${encodeURIComponent(typed)}`;
      try {
        const answer = await fetch(address, { signal: stopped.signal, headers: { Accept: "application/json" } });
        if (answer.ok && asked === typed) show((await answer.json()).choices);
      } catch (error) {
        if (error.name !== "AbortError") say("The list cannot be reached just now. Press “Record”: the product is looked up then.");
      }
    };

    const typed = () => input.value.trim();
    const settled = () => kept("code").value && kept("known").value === input.value;

    input.addEventListener("input", () => {
      kept("chosen").textContent = "";
      clearTimeout(timer);
      if (!typed()) { close(); waiting = null; return; }
      waiting = new Promise((done) => { timer = setTimeout(() => ask(typed()).then(done), WAIT_MS); });
    });

    const accept = async () => {
      if (!settled() && typed()) {
        if (asked !== typed()) { clearTimeout(timer); waiting = ask(typed()); }
        await waiting;
        if (!settled()) choose(Math.max(marked, 0));
      }
      close();
      moveOn(input);
    };

    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { if (typed()) ask(typed()); return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark((marked + step + options.length) % options.length);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
        event.preventDefault();
        accept();
      }
    });
    input.addEventListener("blur", close);
  };

  const improve = (within) => {
    for (const cell of within.querySelectorAll("[data-combobox]")) combobox(cell);
  };
  improve(form);
})();
