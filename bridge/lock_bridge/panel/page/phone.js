// Somebody's phone: it is paired with the lock's code, then opens and locks with a key (DLM-9, VER-14).

import { el } from "./dom.js";
import { icon } from "./icons.js";

export function phone(who, hands) {
  const told = el("p", { className: "told", role: "status" });
  const tell = async (...given) => {
    told.textContent = "…";
    told.textContent = (await hands.phone(who, ...given)) ?? "";
  };
  return el(
    "details",
    { className: "phone" },
    el("summary", {}, icon("phone"), el("span", {}, "Phone"), icon("bluetooth")),
    form("Pairing code", "012345", "numeric", [["Pair", "pair"]], tell),
    form("Key", "XXXX-XXXX-…", "text", [["Open", "unlock"], ["Lock", "lock"]], tell),
    told,
  );
}

function form(label, hint, inputMode, acts, tell) {
  const input = el("input", { placeholder: hint, autocomplete: "off", spellcheck: false, inputMode, required: true });
  const buttons = acts.map(([text, act], at) => el("button", { type: at ? "button" : "submit", className: "plain", value: act }, text));
  const act = (button) => {
    if (input.reportValidity()) tell(button.value, input.value);
  };
  buttons.slice(1).forEach((button) => button.addEventListener("click", () => act(button)));
  const node = el("form", {}, el("label", {}, el("span", {}, label), input), buttons);
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    act(event.submitter ?? buttons[0]);
  });
  return node;
}
