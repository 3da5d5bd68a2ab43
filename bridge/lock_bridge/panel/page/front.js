// The lock's outside: glass keypad, fingerprint sensor, card area, doorbell, key and emergency supply. Only what the model has.

import { el, holdable, icon, put } from "./dom.js";

const GRID = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "back", "0", "ok"];

export class Front {
  /** `hands` does things at the door; `use` offers what the person has in hand. */
  constructor(model, hands) {
    this.keys = new Map();
    this.model = model;
    const has = (key) => model.keys.includes(key);
    this.sensor = model.readers.includes("fingerprint") ? this.#sensor(hands) : null;
    this.card = model.readers.includes("rfid") ? this.#card(hands) : null;
    this.socket = this.#socket(hands);
    this.node = el(
      "div",
      { className: `lock front ${model.clutch ? "satin" : "glass"}` },
      el(
        "div",
        { className: "pane" },
        el("span", { className: "lens", ariaHidden: "true" }),
        el(
          "div",
          { className: "lamps", ariaHidden: "true" },
          el("span", { className: "lamp verdict" }),
          el("span", { className: "lamp pairing" }, icon("waves")),
          model.battery_indicator ? el("span", { className: "lamp battery" }, icon("battery")) : null,
        ),
        el("div", { className: "keypad", role: "group", ariaLabel: "Keypad" }, GRID.filter(has).map((key) => this.#key(key, hands))),
        this.card,
      ),
      this.sensor,
      has("doorbell") ? this.#bell(hands) : null,
      el("span", { className: "rosette", ariaHidden: "true" }),
      this.#cylinder(hands),
      this.socket,
      el("span", { className: "grille", ariaHidden: "true" }),
    );
  }

  update({ look, world }) {
    for (const [key, button] of this.keys) button.classList.toggle("lit", look.lights.keys.includes(key));
    for (const lamp of ["green", "red", "pairing", "battery"]) {
      this.node.classList.toggle(`lamp-${lamp}`, look.lights.lamps.includes(lamp));
    }
    this.node.classList.toggle("lit", look.lights.keys.length > 0);
    this.sensor?.classList.toggle("touched", world.touched);
    this.node.classList.toggle("powered", world.powered);
    this.socket.classList.toggle("connected", world.supply);
    put(this.socket, "aria-pressed", world.supply);
    this.cylinder.classList.toggle("turned", look.bolt !== "thrown");
    const does = look.bolt === "thrown" ? "Unlock with the mechanical key" : "Lock with the mechanical key";
    put(this.cylinder, "aria-label", does);
    put(this.cylinder, "title", does);
    this.unlocks = look.bolt === "thrown";
  }

  /** The speaker sounds. */
  sound() {
    this.node.classList.remove("sounding");
    void this.node.offsetWidth;
    this.node.classList.add("sounding");
  }

  #key(key, hands) {
    const label = this.model.labels[key] ?? key;
    const name = key === "ok" ? `Confirm ${label}` : key === "back" ? `Back ${label}` : label;
    const button = el("button", { type: "button", className: "key", ariaLabel: name }, el("span", {}, label));
    holdable(button, () => hands.down(key), () => hands.up(key));
    this.keys.set(key, button);
    return button;
  }

  #sensor(hands) {
    const button = el(
      "button",
      { type: "button", className: "sensor", ariaLabel: "Fingerprint sensor", title: "Touch the fingerprint sensor" },
      icon("finger"),
    );
    button.addEventListener("click", () => hands.useFinger());
    receives(button, "finger", hands);
    return button;
  }

  #card(hands) {
    const button = el(
      "button",
      { type: "button", className: "card-area", ariaLabel: "Card area", title: "Hold a card here" },
      icon("waves"),
    );
    button.addEventListener("click", () => hands.useCard());
    receives(button, "card", hands);
    return button;
  }

  #bell(hands) {
    const button = el("button", { type: "button", className: "bell", ariaLabel: "Doorbell", title: "Ring" }, icon("bell"));
    holdable(button, () => hands.down("doorbell"), () => hands.up("doorbell"));
    return button;
  }

  #cylinder(hands) {
    this.cylinder = el("button", { type: "button", className: "cylinder" }, el("span", { className: "keyway" }));
    this.cylinder.addEventListener("click", () => hands.do("key", this.unlocks ? "unlock" : "lock"));
    return this.cylinder;
  }

  #socket(hands) {
    const button = el(
      "button",
      { type: "button", className: "socket", ariaLabel: "Emergency supply", title: "Emergency supply" },
      el("span", { className: "slot" }),
      el("span", { className: "plug" }),
    );
    button.addEventListener("click", () => hands.do("supply", button.classList.contains("connected") ? "off" : "on"));
    return button;
  }
}

/** Let fingers or cards be dropped here. */
function receives(node, kind, hands) {
  const type = `application/x-door-${kind}`;
  node.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes(type)) return;
    event.preventDefault();
    node.classList.add("offered");
  });
  node.addEventListener("dragleave", () => node.classList.remove("offered"));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    node.classList.remove("offered");
    hands.take(kind, JSON.parse(event.dataTransfer.getData(type)));
  });
}
