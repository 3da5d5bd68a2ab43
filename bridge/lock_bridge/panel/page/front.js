// The lock's outside, put together of what the model has: a glass plate or a metal one, with what looks, reads and rings.

import { el, holdable, put, svg } from "./dom.js";
import { icon } from "./icons.js";
import { eye, reader } from "./readers.js";

const GRID = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "back", "0", "ok"];
const NAMED = {
  doorbell: { name: "Doorbell", title: "Ring", icon: "bell" },
  leave: { name: "Leaving home", title: "Leaving home", icon: "leave" },
};
const LAMPS = ["green", "red", "pairing", "battery", "infrared", "palm"];

export class Front {
  constructor(model, hands) {
    this.keys = new Map();
    this.model = model;
    this.hands = hands;
    const reads = (kind) => model.readers.includes(kind);
    this.sensor = reads("fingerprint") ? reader("finger", hands) : null;
    this.card = reads("rfid") ? reader("card", hands) : null;
    this.socket = this.#socket();
    const named = ["leave", "doorbell"].filter((key) => model.keys.includes(key)).map((key) => this.#named(key));
    const digits = GRID.filter((key) => model.keys.includes(key)).map((key) => this.#key(key));
    const metal = model.skin === "satin";
    this.node = el(
      "div",
      { className: `lock front ${model.skin}` },
      el(
        "div",
        { className: "upper" },
        el(
          "div",
          { className: "pane" },
          this.#brow(reads),
          reads("palm_vein") ? reader("palm", hands) : null,
          el("div", { className: "keypad", role: "group", ariaLabel: "Keypad" }, digits),
          metal ? this.card : null,
        ),
        metal ? null : el("div", { className: "named" }, named),
        el("div", { className: "touch" }, metal ? named : null, this.sensor, metal ? null : this.card),
      ),
      el("span", { className: "rosette", ariaHidden: "true" }),
      this.#cylinder(),
      this.socket,
      this.#bank(),
      el("span", { className: "grille", ariaHidden: "true" }),
    );
  }

  update({ look, world }) {
    const { keys, flashing = [], lamps } = look.lights;
    for (const [key, button] of this.keys) {
      button.classList.toggle("lit", keys.includes(key) || flashing.includes(key));
      button.classList.toggle("flashes", flashing.includes(key));
    }
    for (const lamp of LAMPS) this.node.classList.toggle(`lamp-${lamp}`, lamps.includes(lamp));
    this.node.classList.toggle("lit", keys.length + flashing.length > 0);
    this.sensor?.classList.toggle("touched", world.touched);
    this.node.classList.toggle("powered", world.powered);
    this.node.classList.toggle("supplied", world.supply);
    put(this.socket, "aria-pressed", world.supply);
    this.cylinder.classList.toggle("turned", look.bolt !== "thrown");
    const does = look.bolt === "thrown" ? "Unlock with the mechanical key" : "Lock with the mechanical key";
    put(this.cylinder, "aria-label", does);
    put(this.cylinder, "title", does);
    this.unlocks = look.bolt === "thrown";
    this.supplied = world.supply;
  }

  /** The speaker sounds. */
  sound() {
    this.node.classList.remove("sounding");
    void this.node.offsetWidth;
    this.node.classList.add("sounding");
  }

  #brow(reads) {
    const { camera, battery_indicator: gauge, readers } = this.model;
    return el(
      "div",
      { className: "brow" },
      el("span", { className: "lamp pairing", ariaHidden: "true" }, icon("waves")),
      camera || reads("face") ? eye(!readers.includes("palm_vein"), reads("face"), this.hands) : null,
      gauge ? el("span", { className: "lamp battery", ariaHidden: "true" }, icon("battery")) : null,
      el("span", { className: "lamp verdict", ariaHidden: "true" }),
    );
  }

  #key(key) {
    const label = this.model.labels[key] ?? key;
    const name = key === "ok" ? `Confirm ${label}` : key === "back" ? `Back ${label}` : label;
    return this.#holdable(key, el("button", { type: "button", className: "key", ariaLabel: name }, el("span", {}, label)));
  }

  #named(key) {
    const { name, title, icon: drawn } = NAMED[key];
    return this.#holdable(key, el("button", { type: "button", className: `key pill ${key}`, ariaLabel: name, title }, icon(drawn)));
  }

  #holdable(key, button) {
    holdable(button, () => this.hands.down(key), () => this.hands.up(key));
    this.keys.set(key, button);
    return button;
  }

  #cylinder() {
    this.cylinder = el("button", { type: "button", className: "cylinder" }, el("span", { className: "keyway" }));
    this.cylinder.addEventListener("click", () => this.hands.do("key", this.unlocks ? "unlock" : "lock"));
    return this.cylinder;
  }

  #socket() {
    const micro = this.model.emergency_supply === "micro_usb";
    const what = `Emergency supply, ${micro ? "micro-USB" : "Type-C"}`;
    const button = el(
      "button",
      { type: "button", className: `socket ${micro ? "micro" : "type-c"}`, ariaLabel: what, title: what },
      el("span", { className: "slot" }),
    );
    button.addEventListener("click", () => this.hands.do("supply", this.supplied ? "off" : "on"));
    return button;
  }

  /** A power bank that somebody holds to the lock, with its cable. */
  #bank() {
    return svg(
      "svg",
      { viewBox: "0 0 240 120", class: "bank", "aria-hidden": "true" },
      svg("path", { d: "M20 60v18c0 28 92 34 104 4 6-18 12-32 30-32", class: "cable" }),
      svg("path", { d: "M13 44h14v19a3 3 0 0 1-3 3h-8a3 3 0 0 1-3-3Z", class: "plug" }),
      svg("rect", { x: 152, y: 8, width: 56, height: 84, rx: 11, class: "case" }),
      svg("path", { d: "M158 16c0-3 2-4 5-4h34", class: "shine" }),
      [0, 1, 2, 3].map((at) => svg("circle", { cx: 170 + at * 7, cy: 79, r: 1.9, class: "charge-light" })),
      svg("path", { d: "m182 32-9 15h7l-2 12 9-15h-7Z", class: "flash" }),
    );
  }
}
