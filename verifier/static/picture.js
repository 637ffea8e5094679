// Say before sending that a file is too large: a browser that is cut off while it sends shows no page of ours.
"use strict";

(() => {
  const input = document.getElementById("file");
  const MAX_FILE = 20 * 1024 * 1024;
  const MAX_ALL = 25 * 1024 * 1024 - 64 * 1024;
  input.addEventListener("change", () => {
    const files = [...input.files];
    const all = files.reduce((sum, file) => sum + file.size, 0);
    const fault = files.length > 10 ? "Choose up to 10 files at a time."
      : files.some((file) => file.size > MAX_FILE) ? "This file is larger than 20 MB. Send a smaller picture, or a screenshot of it."
      : all > MAX_ALL ? "Together these files are larger than 25 MB. Send fewer at a time." : "";
    input.setCustomValidity(fault);
    let said = document.getElementById("file-too-large");
    if (!said) {
      said = document.createElement("p");
      said.id = "file-too-large";
      said.className = "field__error";
      said.setAttribute("role", "alert");
      input.before(said);
    }
    said.textContent = fault;
    said.hidden = !fault;
    input.toggleAttribute("aria-invalid", Boolean(fault));
  });
  input.form.addEventListener("submit", (event) => {
    if (!input.validationMessage) return;
    event.preventDefault();
    input.focus();
  });
})();
