// What can happen to a door: batteries run down, parts fail, somebody forces it.

import { el, put } from "./dom.js";

const PARTS = {
  keypad: "Keypad",
  fingerprint: "Fingerprint reader",
  card: "Card reader",
  motor: "Motor",
  bolt: "Bolt switches",
  door: "Door contact",
  tamper: "Tamper switch",
  power: "Battery gauge",
};

export class World {
  #switches = [];
  #sliding = false;

  constructor(drawer, model, hands) {
    this.#battery(hands);
    const what = model.battery_kind === "cells" ? "Batteries in place" : "Battery in place";
    drawer.replaceChildren(
      group(
        "Power",
        this.slider,
        this.#switch(what, (world) => world.battery_in, (on) => hands.do("battery", on ? "in" : "out")),
        this.#switch("Emergency supply at the front", (world) => world.supply, (on) => hands.do("supply", on ? "on" : "off")),
      ),
      group(
        "Trouble",
        this.#switch("Strike plate out of line", (world) => world.stall, (on) => hands.do("stall", on ? "on" : "off")),
        this.#switch("Motor is dead", (world) => !world.motor, (on) => hands.do("motor", on ? "off" : "on")),
        this.#switch("Lock forced off the door", (world) => world.tamper, (on) => hands.do("tamper", on ? "on" : "off")),
        this.#force(hands),
      ),
      group(
        "Cables",
        ...model.parts.map((part) =>
          this.#switch(PARTS[part] ?? part, (world) => !world.unplugged.includes(part), (on) => hands.do(on ? "plug" : "unplug", part)),
        ),
      ),
      group(
        "House",
        model.clutch ? null : this.#switch("Door hangs on the left", (world) => world.hinge === "left", (on) => hands.do("hinge", on ? "left" : "right")),
        el(
          "p",
          { className: "row" },
          el("span", {}, "Time at this door"),
          el("output", {}, model.time_scale === 1 ? "as everywhere" : `${model.time_scale}× as fast`),
        ),
      ),
    );
  }

  update(seen) {
    for (const { node, read } of this.#switches) put(node, "aria-checked", read(seen.world));
    if (!this.#sliding) {
      this.range.value = seen.world.battery;
      this.#level();
    }
    this.force.disabled = seen.look.door === "open";
  }

  #battery(hands) {
    this.range = el("input", { type: "range", min: 0, max: 100, step: 1, id: "battery" });
    this.level = el("output", { htmlFor: "battery" });
    this.slider = el("div", { className: "slider" }, el("label", { htmlFor: "battery" }, "Charge"), this.level, this.range);
    this.range.addEventListener("input", () => {
      this.#sliding = true;
      this.#level();
    });
    this.range.addEventListener("change", () => {
      this.#sliding = false;
      hands.do("battery", this.range.value);
    });
  }

  #level() {
    this.level.value = `${this.range.value} %`;
    this.range.style.setProperty("--level", `${this.range.value}%`);
  }

  #force(hands) {
    this.force = el("button", { type: "button", className: "wide" }, "Break the door open");
    this.force.addEventListener("click", () => hands.do("force"));
    return this.force;
  }

  #switch(label, read, set) {
    const node = el("button", { type: "button", role: "switch", className: "row switch" }, el("span", {}, label), el("i", { ariaHidden: "true" }));
    node.addEventListener("click", () => set(node.getAttribute("aria-checked") !== "true"));
    this.#switches.push({ node, read });
    return node;
  }
}

function group(title, ...rows) {
  return el("fieldset", {}, el("legend", {}, title), ...rows.filter(Boolean));
}
