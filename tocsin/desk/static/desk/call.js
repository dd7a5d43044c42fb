/* Makes taking a call quicker. Without it every button works all the same and the page tells when the call began. */
"use strict";

const form = document.getElementById("writing");
const timer = form.querySelector("[data-seconds]");
let isSending = false;

/* The server said how long the call lasts; from then on the browser's own count goes on, whatever its clock says. */
function tick() {
  const seconds = Number(timer.dataset.seconds) + Math.floor(performance.now() / 1000);
  timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function press(value) {
  form.requestSubmit(form.querySelector(`button[name="go"][value="${value}"]`));
}

for (const key of form.querySelectorAll("kbd[hidden]")) key.hidden = false;

if (timer) {
  timer.hidden = false;
  tick();
  setInterval(tick, 1000);
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || isSending) return;
  if (event.key === "F9" && !event.ctrlKey && !event.altKey && !event.shiftKey && !event.metaKey) {
    event.preventDefault();
    press("emergency");
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    press("send");
  }
});

form.addEventListener("submit", () => {
  isSending = true;
});

/* Nothing is saved while somebody types, so the browser asks before the text is thrown away. */
window.addEventListener("beforeunload", (event) => {
  const typed = [...form.elements].some((field) => field.type === "textarea" && field.value.trim());
  if (typed && !isSending) event.preventDefault();
});

window.addEventListener("pageshow", () => {
  isSending = false;
});
