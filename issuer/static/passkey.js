// Passkeys: the only part of the login that needs a script. Whatever it does not understand stays hidden; the form beside
// it works without. Options and answers travel as JSON (WebAuthn Level 3, parse…FromJSON, toJSON).
"use strict";
(() => {
  const able = window.PublicKeyCredential
    && PublicKeyCredential.parseCreationOptionsFromJSON && PublicKeyCredential.parseRequestOptionsFromJSON;
  if (!able || !window.isSecureContext) return;

  const post = async (box, address, content) => {
    const token = box.querySelector("input[name=csrf_token]").value;
    const answer = await fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(content),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail || "");
    return body;
  };

  const run = async (box) => {
    const options = await post(box, box.dataset.options, {});
    if (box.dataset.passkey === "login") {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      return (await navigator.credentials.get({ publicKey })).toJSON();
    }
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const made = (await navigator.credentials.create({ publicKey })).toJSON();
    const value = (id) => document.getElementById(id)?.value || "";
    return { ...made, name: value("passkey-name"), password: value("passkey-password") };
  };

  for (const box of document.querySelectorAll("[data-passkey]")) {
    const button = box.querySelector("button");
    const told = box.querySelector("[role=alert]");
    button.addEventListener("click", async () => {
      button.disabled = true;
      told.hidden = true;
      try {
        const answer = await post(box, box.dataset.answer, await run(box));
        window.location.assign(answer.go);
      } catch (error) {
        const stopped = error.name === "NotAllowedError" || !error.message;
        told.textContent = stopped ? "The passkey was not used. Try once more, or go on without it." : error.message;
        told.hidden = false;
        button.disabled = false;
      }
    });
    box.hidden = false;
  }
})();
