// Theme, dialogs, clipboard, error focus, hotkeys, ranges. Loaded with `defer`; no inline handlers anywhere.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const YEAR_S = 31536000;

  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

  // The server reads the cookie, so the first paint is right without a script in the head.
  const setTheme = (theme) => {
    const secure = location.protocol === "https:" ? ";Secure" : "";
    if (theme) {
      root.dataset.theme = theme;
      document.cookie = `theme=${theme};Path=/;Max-Age=${YEAR_S};SameSite=Lax${secure}`;
    } else {
      delete root.dataset.theme;
      document.cookie = `theme=;Path=/;Max-Age=0;SameSite=Lax${secure}`;
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    const chosen = event.submitter && event.submitter.dataset.theme;
    setTheme(chosen === undefined ? (isDark() ? "light" : "dark") : chosen);
    for (const button of document.querySelectorAll("[data-theme-form] [aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === (root.dataset.theme || "")));
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.querySelector(opener.dataset.dialog);
      if (dialog && dialog.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
    if (event.target.matches("dialog.dialog")) event.target.close();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
  });

  const copy = async (button) => {
    const source = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom).textContent : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(source.trim());
    } catch {
      return;
    }
    const word = button.querySelector("[data-copy-word]") || button;
    const before = word.textContent;
    word.textContent = button.dataset.copied || before;
    setTimeout(() => { word.textContent = before; }, 1600);
  };

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const target = document.querySelector(`[data-hotkey="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target) return;
    event.preventDefault();
    target.focus();
    if (target.select) target.select();
  });

  // A value beside its control: <output data-output-for="id" data-template="% %">.
  const showOutput = (input) => {
    for (const output of document.querySelectorAll(`[data-output-for="${input.id}"]`)) {
      output.textContent = (output.dataset.template || "%").replace("%", input.value);
    }
    for (const shape of document.querySelectorAll(`[data-width-from="${input.id}"]`)) shape.setAttribute("width", input.value);
  };
  document.addEventListener("input", (event) => { if (event.target.id) showOutput(event.target); });

  // A form that pays or commands is sent once: a second click finds the button asleep.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-once]")) return;
    if (event.target.dataset.sent !== undefined) return event.preventDefault();
    event.target.dataset.sent = "";
    setTimeout(() => { for (const button of event.target.querySelectorAll("[type=submit]")) button.disabled = true; });
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[type=submit]")) button.disabled = false;
    }
  });

  // The place of the device, only when asked for.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-locate]");
    if (!button || !navigator.geolocation) return;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const field = document.querySelector(button.dataset.locate);
      field.value = `${coords.latitude.toFixed(4)},${coords.longitude.toFixed(4)}`;
      field.form.requestSubmit();
    });
  });

  // Filter forms work with a button; with script they send themselves.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && (form.matches("[data-autosubmit]") || event.target.matches("[data-submits]"))) form.requestSubmit();
  });

  document.addEventListener("input", (event) => {
    if (event.target.form) event.target.form.dataset.begun = "yes";
  });

  const focusErrors = (within) => {
    const summary = within.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  };

  document.addEventListener("DOMContentLoaded", () => {
    focusErrors(document);
    // Without this, text typed in a live row is lost when the row is morphed.
    if (!window.Idiomorph) return;
    window.Idiomorph.defaults.ignoreActiveValue = true;
    // Nor may live news take back what somebody fills in: a form in an open fold, once begun, is left alone.
    window.Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) => !(node.tagName === "FORM" && node.dataset.begun && node.closest("details[open]"));
    // What somebody has opened stays open: the server does not know of it.
    window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");
  });
  document.addEventListener("htmx:afterSettle", (event) => focusErrors(event.detail.elt));
})();
