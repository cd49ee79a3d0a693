"use strict";

// Tells what is wrong in the policy while somebody types. Without it the page works as well: the button
// for the preview tells the same.
(() => {
  const editor = document.getElementById("document");
  const output = document.getElementById("said");
  const state = document.getElementById("state");
  const go = document.getElementById("go");
  let timer, request, place;

  const count = (n, what) => n + " " + what + (n === 1 ? "" : "s");

  async function check() {
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch("/policy/check", { method: "POST", headers: { "Content-Type": "text/plain" }, body: editor.value, signal: request.signal });
      if (!response.ok) throw new Error("the server answers " + response.status);
      const said = await response.json();
      state.textContent = said.mistakes ? count(said.mistakes, "mistake") + "." : said.findings ? "No mistakes. " + count(said.findings, "thing") + " to look at." : "No mistakes.";
      output.textContent = said.text;
      output.hidden = said.text === "";
      place = said.line ? said : null;
      go.hidden = !place;
      if (place) go.textContent = "Go to line " + place.line;
      editor.setAttribute("aria-invalid", said.mistakes > 0);
    } catch (error) {
      if (error.name !== "AbortError") state.textContent = "The policy could not be checked: " + error.message + ".";
    }
  }

  editor.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 300);
  });

  go.addEventListener("click", () => {
    const lines = editor.value.split("\n");
    let at = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    at += Array.from(lines[place.line - 1] ?? "").slice(0, Math.max(place.column - 1, 0)).join("").length; // columns are in characters
    editor.focus();
    editor.setSelectionRange(at, at + 1);
    editor.scrollTop = (place.line - 5) * parseFloat(getComputedStyle(editor).lineHeight);
  });

  check();
})();
