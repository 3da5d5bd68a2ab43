// The lock's inside: screen, battery, buttons, and what blocks the outside. Only what the model has.

import { el, holdable, put } from "./dom.js";
import { icon } from "./icons.js";
import { Screen, spaced } from "./screen.js";

export class Rear {
  constructor(model, hands) {
    const has = (key) => model.keys.includes(key);
    this.model = model;
    this.hands = hands;
    this.cells = model.battery_kind === "cells";
    this.screen = model.screen ? new Screen(model) : null;
    this.code = model.screen ? null : el("p", { className: "pairing-code", role: "status" });
    this.bay = this.#bay();
    const set = has("set") ? this.#button("set", "SET", el("span", {}, "SET")) : null;
    const reset = has("reset") ? this.#button("reset", "RESET", el("span", { className: "hole" }), el("small", {}, "RESET")) : null;
    const lock = has("lock") ? this.#button("lock", "Lock", icon("padlock")) : null;
    this.node = el(
      "div",
      { className: `lock rear ${model.skin} ${model.screen ? "with-screen" : "without-screen"}` },
      el(
        "div",
        { className: "upper" },
        this.screen?.node,
        has("home") ? this.#button("home", "Home: show the outside", icon("home")) : null,
        this.bay,
        this.code,
        el("div", { className: "buttons" }, model.reset_key ? this.#holder(model.reset_key) : null, set, reset, lock),
        has("emergency") ? this.#button("emergency", "Emergency unlock", icon("emergency")) : null,
        model.peephole ? this.#peephole() : null,
      ),
      el("span", { className: "rosette", ariaHidden: "true" }),
      model.privacy ? this.#knob() : null,
    );
  }

  update(seen) {
    const { look, world } = seen;
    this.screen?.update(seen);
    const code = look.inside ? spaced(look.inside) : "";
    if (this.code && this.code.textContent !== code) this.code.textContent = code;
    this.bay.classList.toggle("out", !world.battery_in);
    put(this.bay, "aria-pressed", !world.battery_in);
    const what = this.cells ? "the batteries" : "the battery";
    const does = world.battery_in ? `Take ${what} out` : `Put ${what} in`;
    put(this.bay, "aria-label", `${does}, ${world.battery} percent`);
    put(this.bay, "title", does);
    this.bay.style.setProperty("--level", world.battery / 100);
    this.bay.classList.toggle("low", world.battery < 20);
    this.level.textContent = `${world.battery} %`;
    this.node.classList.toggle("powered", world.powered);
    if (this.peephole) {
      put(this.peephole, "aria-checked", world.peephole);
      const told = world.peephole ? "on, the inside handle works" : "off, the inside handle is dead";
      put(this.peephole, "title", `Anti-peephole button: ${told}`);
    }
    if (this.knob) put(this.knob, "aria-checked", world.knob);
  }

  #bay() {
    this.level = el("span", { className: "level" });
    const cells = Array.from({ length: this.cells ? 4 : 1 }, () => el("span", { className: "cell" }, el("span", { className: "charge" })));
    const bay = el(
      "button",
      { type: "button", className: `bay ${this.cells ? "cells" : "pack"}` },
      el("span", { className: "well" }, cells),
      el("span", { className: "cover" }, el("span", { className: "gauge" }), this.level),
    );
    bay.addEventListener("click", () => this.hands.do("battery", bay.classList.contains("out") ? "in" : "out"));
    return bay;
  }

  #button(key, name, ...children) {
    const button = el("button", { type: "button", className: `rear-button at-${key}`, ariaLabel: name, title: `${name} (can be held)` }, ...children);
    holdable(button, () => this.hands.down(key), () => this.hands.up(key));
    return button;
  }

  /** Keeps SET or RESET down while both hands are at the battery (RST-1). */
  #holder(key) {
    const name = key === "reset" ? "Keep a pin in RESET" : `Keep ${key.toUpperCase()} pressed`;
    const holder = el("button", { type: "button", className: "holder", ariaLabel: name, ariaPressed: "false", title: name }, icon("pin"));
    holder.addEventListener("click", () => {
      const holds = holder.ariaPressed !== "true";
      put(holder, "aria-pressed", holds);
      this.node.classList.toggle("holding", holds);
      this.hands.do(holds ? "down" : "up", key);
    });
    return holder;
  }

  #peephole() {
    this.peephole = el(
      "button",
      { type: "button", role: "switch", className: "rear-button at-peephole", ariaLabel: "Anti-peephole button: the inside handle works" },
      icon("eye"),
    );
    this.peephole.addEventListener("click", () => this.hands.do("peephole", this.peephole.ariaChecked === "true" ? "off" : "on"));
    return this.peephole;
  }

  #knob() {
    const turn = this.model.privacy === "thumb_turn";
    const name = turn ? "Thumb-turn: block the outside" : "Safety knob: block the outside";
    this.knob = el(
      "button",
      { type: "button", role: "switch", className: `knob ${this.model.privacy}`, ariaLabel: name, title: name },
      el("span", { className: "bar" }),
    );
    this.knob.addEventListener("click", () => this.hands.do("knob", this.knob.ariaChecked === "true" ? "off" : "on"));
    return this.knob;
  }
}
