// What can happen to a door: batteries run down, parts fail, somebody forces it, time flies.

import { el, put } from "./dom.js";

const PARTS = {
  keypad: "Keypad",
  fingerprint: "Fingerprint reader",
  card: "Card reader",
  face: "Face reader",
  palm_vein: "Palm reader",
  bluetooth: "Bluetooth",
  link: "Cable between front and rear",
  motor: "Motor",
  bolt: "Bolt switches",
  door: "Door contact",
  tamper: "Tamper switch",
  power: "Battery gauge",
};

export class World {
  #switches = [];
  #speeds = [];
  #sliders = [];

  constructor(drawer, model, hands) {
    const what = model.battery_kind === "cells" ? "Batteries in place" : "Battery in place";
    const phones = model.readers.includes("ble");
    const on = (word, yes = "on", no = "off") => (is) => hands.do(word, is ? yes : no);
    drawer.replaceChildren(
      group("Time at this door", this.#time(model.speeds, hands)),
      group(
        "Power",
        this.#slider("Charge", { min: 0, max: 100 }, "%", (world) => world.battery, (value) => hands.do("battery", value)),
        this.#switch(what, (world) => world.battery_in, on("battery", "in", "out")),
        this.#switch("Power bank at the front", (world) => world.supply, on("supply")),
      ),
      group(
        "Trouble",
        this.#switch("Strike plate out of line", (world) => world.stall, on("stall")),
        model.clutch ? this.#switch("Clutch is stuck", (world) => world.clutch_stuck, on("stall", "clutch")) : null,
        this.#switch("Motor is dead", (world) => !world.motor, on("motor", "off", "on")),
        model.clutch ? null : this.#switch("Motor turns in vain", (world) => world.slips, on("motor", "slips", "on")),
        this.#switch("Lock forced off the door", (world) => world.tamper, on("tamper")),
        phones ? this.#slider("Wi-Fi signal", { min: -100, max: -30 }, "dBm", (world) => world.signal, (value) => hands.do("signal", value)) : null,
        this.#force(hands),
      ),
      group(
        "Cables",
        ...model.parts.map((part) =>
          this.#switch(PARTS[part] ?? part, (world) => !world.unplugged.includes(part), (is) => hands.do(is ? "plug" : "unplug", part)),
        ),
      ),
      group(
        "House",
        model.clutch ? null : this.#switch("Door hangs on the left", (world) => world.hinge === "left", on("hinge", "left", "right")),
        this.#renew(hands),
      ),
    );
  }

  update({ look, world }) {
    for (const { node, read } of this.#switches) put(node, "aria-checked", read(world));
    for (const { update } of this.#sliders) update(world);
    for (const { node, speed } of this.#speeds) {
      put(node, "aria-checked", world.speed === speed);
      node.tabIndex = world.speed === speed || (!this.#speeds.some((other) => other.speed === world.speed) && speed === 1) ? 0 : -1;
    }
    this.force.disabled = look.door === "open";
  }

  #time(speeds, hands) {
    const node = el("div", { className: "segments", role: "radiogroup", ariaLabel: "How fast time runs" });
    for (const speed of speeds) {
      const button = el("button", { type: "button", role: "radio" }, speed === 1 ? "as it is" : `${speed}×`);
      button.addEventListener("click", () => hands.do("speed", String(speed)));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = this.#speeds[(speeds.indexOf(speed) + step + speeds.length) % speeds.length];
        next.node.focus();
        next.node.click();
      });
      this.#speeds.push({ node: button, speed });
      node.append(button);
    }
    return node;
  }

  #slider(label, range, unit, read, set) {
    const id = `slider-${this.#sliders.length}`;
    const input = el("input", { type: "range", step: 1, id, ...range });
    const level = el("output", { htmlFor: id });
    const show = () => (level.value = `${input.value} ${unit}`);
    let sliding = false;
    input.addEventListener("input", () => {
      sliding = true;
      show();
    });
    input.addEventListener("change", () => {
      sliding = false;
      set(input.value);
    });
    this.#sliders.push({
      update: (world) => {
        if (sliding) return;
        input.value = read(world);
        show();
      },
    });
    return el("div", { className: "slider" }, el("label", { htmlFor: id }, label), level, input);
  }

  #force(hands) {
    this.force = el("button", { type: "button", className: "wide" }, "Break the door open");
    this.force.addEventListener("click", () => hands.do("force"));
    return this.force;
  }

  #renew(hands) {
    const button = el("button", { type: "button", className: "wide mild" }, "Put a new door in its place");
    button.addEventListener("click", () => hands.do("new", "door"));
    return button;
  }

  #switch(label, read, set) {
    const node = el("button", { type: "button", role: "switch", className: "row switch" }, el("span", {}, label), el("i", { ariaHidden: "true" }));
    node.addEventListener("click", () => set(node.ariaChecked !== "true"));
    this.#switches.push({ node, read });
    return node;
  }
}

function group(title, ...rows) {
  return el("fieldset", {}, el("legend", {}, title), ...rows.filter(Boolean));
}
