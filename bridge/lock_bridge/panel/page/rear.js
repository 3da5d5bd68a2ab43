// The lock's inside: battery, SET or RESET, and the button that locks. Only what the model has.

import { el, holdable, icon, put } from "./dom.js";

export class Rear {
  constructor(model, hands) {
    const has = (key) => model.keys.includes(key);
    this.cells = model.battery_kind === "cells";
    this.bay = this.#bay(hands);
    this.code = el("p", { className: "pairing-code", role: "status" });
    this.node = el(
      "div",
      { className: `lock rear ${model.clutch ? "satin" : "glass"}` },
      this.bay,
      this.code,
      el(
        "div",
        { className: "buttons" },
        has("set") ? this.#button("set", "Set", hands, el("span", {}, "SET")) : null,
        has("reset") ? this.#button("reset", "Reset", hands, el("span", { className: "hole" }), el("small", {}, "RESET")) : null,
        has("lock") ? this.#button("lock", "Lock", hands, icon("padlock")) : null,
      ),
      el("span", { className: "rosette", ariaHidden: "true" }),
    );
  }

  update({ look, world }) {
    const code = look.inside ? `${look.inside.slice(0, 4)} ${look.inside.slice(4)}` : "";
    if (this.code.textContent !== code) this.code.textContent = code;
    this.bay.classList.toggle("out", !world.battery_in);
    put(this.bay, "aria-pressed", !world.battery_in);
    const what = this.cells ? "the batteries" : "the battery";
    const does = world.battery_in ? `Take ${what} out` : `Put ${what} in`;
    put(this.bay, "aria-label", `${does}, ${world.battery} percent`);
    put(this.bay, "title", does);
    this.bay.style.setProperty("--level", world.battery / 100);
    this.bay.classList.toggle("low", world.battery < 20);
    this.level.textContent = `${world.battery} %`;
  }

  #bay(hands) {
    this.level = el("span", { className: "level" });
    const cells = Array.from({ length: this.cells ? 4 : 1 }, () => el("span", { className: "cell" }, el("span", { className: "charge" })));
    const bay = el(
      "button",
      { type: "button", className: `bay ${this.cells ? "cells" : "pack"}` },
      el("span", { className: "well" }, cells),
      el("span", { className: "cover" }, el("span", { className: "gauge" }), this.level),
    );
    bay.addEventListener("click", () => hands.do("battery", bay.classList.contains("out") ? "in" : "out"));
    return bay;
  }

  #button(key, name, hands, ...children) {
    const button = el("button", { type: "button", className: `rear-button ${key}`, ariaLabel: name, title: `${name} (can be held)` }, ...children);
    holdable(button, () => hands.down(key), () => hands.up(key));
    return button;
  }
}
