// Passkeys, where the browser can: shows the form, asks the browser, and sends its answer in the form's hidden field.
// Without this file nothing is lost: the form stays hidden, and codes from an app go on working.
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const textOf = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const withBytes = (credentials) => (credentials ?? []).map((each) => ({...each, id: bytesOf(each.id)}));
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

const asked = {
  create: (options) => {
    const publicKey = {...options, challenge: bytesOf(options.challenge), user: {...options.user, id: bytesOf(options.user.id)}};
    return navigator.credentials.create({publicKey: {...publicKey, excludeCredentials: withBytes(options.excludeCredentials)}});
  },
  get: (options) => {
    const publicKey = {...options, challenge: bytesOf(options.challenge), allowCredentials: withBytes(options.allowCredentials)};
    return navigator.credentials.get({publicKey});
  },
};

const written = (credential) => {
  const found = PARTS.filter((name) => credential.response[name]);
  const response = Object.fromEntries(found.map((name) => [name, textOf(credential.response[name])]));
  return JSON.stringify({id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response});
};

const begin = (form) => {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.textContent = "";
    try {
      form.elements.credential.value = written(await asked[form.dataset.passkey](JSON.parse(form.dataset.options)));
      form.submit();
    } catch (error) {
      const twice = error.name === "InvalidStateError";
      failed.textContent = twice ? "This device has a passkey here already." : "That did not work, or it was stopped. Try again, or use the code from your app.";
    }
  });
};

if (window.PublicKeyCredential && navigator.credentials) {
  document.querySelectorAll("form[data-passkey]").forEach(begin);
  document.querySelectorAll("[data-passkey-cannot]").forEach((words) => { words.hidden = true; });
}
