"use strict";

// Asks the browser for a passkey and puts its answer into the form. Without this script the forms stay hidden: the pages
// offer another way. Options come from the page (data-options); nothing is fetched.
(() => {
  const toBytes = (text) => {
    const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  };
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const withBytes = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  const create = async (options) => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id) },
        excludeCredentials: withBytes(options.excludeCredentials),
      },
    });
    return answer(made, {
      clientDataJSON: toText(made.response.clientDataJSON),
      attestationObject: toText(made.response.attestationObject),
    });
  };

  const get = async (options) => {
    const proved = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        allowCredentials: withBytes(options.allowCredentials),
      },
    });
    const handle = proved.response.userHandle;
    return answer(proved, {
      clientDataJSON: toText(proved.response.clientDataJSON),
      authenticatorData: toText(proved.response.authenticatorData),
      signature: toText(proved.response.signature),
      userHandle: handle ? toText(handle) : null,
    });
  };

  const answer = (credential, response) => ({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });

  const prepare = (form) => {
    const failed = form.querySelector("[data-failed]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      try {
        const options = JSON.parse(form.dataset.options).publicKey;
        const told = form.dataset.passkey === "create" ? await create(options) : await get(options);
        form.elements.answer.value = JSON.stringify(told);
        form.submit();
      } catch {
        failed.hidden = false; // the person said no, or took too long
        failed.focus();
      }
    });
  };

  if (window.PublicKeyCredential && navigator.credentials) {
    document.querySelectorAll("form[data-passkey]").forEach(prepare);
    document.querySelectorAll("[data-without-passkeys]").forEach((text) => { text.hidden = true; });
  }
})();
