// Single keys for the list and for the page of a report. Loaded only for those who have them switched on; every page
// works without it. Nothing here decides anything: a key moves the focus, opens a link or ticks a box.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("a[data-row]")];
  const present = () => {
    const row = document.activeElement && document.activeElement.closest("tr");
    return row ? row.querySelector("a[data-row]") : null;
  };

  const show = (element) => {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  };

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(present());
    if (at < 0) return show(all[by > 0 ? 0 : all.length - 1]);
    const beyond = by > 0 ? document.querySelector("a[rel=next]") : null;
    const next = all[at + by] || beyond;
    if (next) show(next);
  };

  // Opens a folded part and puts the focus into it: on the first field, else on its button.
  const enter = (part) => {
    part.open = true;
    const field = part.querySelector("textarea, select, input:not([type=hidden])") || part.querySelector("button");
    if (field) show(field);
  };

  // On a report: to that part of its page. On the list: to that part of the report on which the focus is.
  const go = (name) => {
    const part = document.getElementById("do-" + name);
    if (part) return enter(part);
    const link = present();
    if (link) window.location.assign(link.href.split("#")[0] + "#do-" + name);
  };

  const choose = () => {
    const link = present();
    const box = link && link.closest("tr").querySelector("input[type=checkbox]");
    if (box) box.checked = !box.checked;
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    x: choose,
    a: () => go("acknowledge"),
    q: () => go("ask"),
    u: () => {
      const back = document.querySelector("a[data-key=u]");
      if (back) back.click();
    },
    "/": () => {
      const filters = document.getElementById("filters");
      if (filters) enter(filters);
    },
    "?": () => document.getElementById("keys").showModal(),
  };

  // Nothing happens while somebody types or chooses, holds another key, or reads a dialog.
  const isTyping = (target) =>
    target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  // After the browser has scrolled to the part that the address names: it takes the focus away when it does so.
  window.addEventListener("load", () => {
    const named = window.location.hash.startsWith("#do-") && document.getElementById(window.location.hash.slice(1));
    if (named) window.setTimeout(() => enter(named), 0);
  });
})();
