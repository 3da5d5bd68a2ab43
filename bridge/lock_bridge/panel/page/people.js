// Who can come to the door: faces, fingers, palms, cards and phones. Tapped, or dragged to the lock.

import { el, put, svg } from "./dom.js";
import { draggable } from "./drag.js";
import { FacePad } from "./face_pad.js";
import { looks, portrait } from "./figures.js";
import { icon } from "./icons.js";
import { phone } from "./phone.js";

const NAMES = {
  finger: (who, label) => `Touch with ${who}'s ${label}`,
  card: (who, label) => `Hold ${who}'s ${label} to the reader`,
  palm: (who, label) => `Hold ${who}'s ${label} before the reader`,
};

export class People {
  #chips = [];
  #pads = new Map();
  #faces = new Map();
  #reaches = [];
  #far = false;

  constructor(drawer, model, hands) {
    const has = (kind) => model.readers.includes(kind);
    this.nears = has("face");
    const people = model.people.map((who, at) => this.#person(who, looks(who.name, at), has, hands));
    this.faces = people.map(({ face }) => face);
    const things = [has("fingerprint") ? "a finger" : null, has("palm_vein") ? "a palm" : null, has("rfid") ? "a card" : null].filter(Boolean);
    const list = things.length > 1 ? `${things.slice(0, -1).join(", ")} or ${things.at(-1)}` : things[0];
    drawer.replaceChildren(
      el("div", { className: "who", role: "radiogroup", ariaLabel: "Who" }, this.faces),
      ...people.map(({ body }) => body),
      el("p", { className: "hint" }, `Tap ${list} to use it, or drag it to the lock. On a keyboard digits type, Enter confirms, Backspace goes back.`),
    );
    this.#choose(0, people);
    this.faces.forEach((face, at) => {
      face.addEventListener("click", () => this.#choose(at, people));
      face.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = (at + step + people.length) % people.length;
        this.#choose(next, people);
        this.faces[next].focus();
      });
    });
  }

  update({ world }) {
    for (const [name, { toggle, face }] of this.#faces) {
      if (toggle) put(toggle, "aria-checked", world.near === name);
      face.classList.toggle("near", world.near === name);
    }
    for (const [name, pad] of this.#pads) pad.update(world.near === name ? world.face : null);
  }

  /** Show which of them a tap on the lock itself uses. */
  inHand(kind, thing) {
    for (const chip of this.#chips) {
      if (chip.kind === kind) chip.node.classList.toggle("in-hand", chip.key === key(thing));
    }
  }

  #choose(chosen, people) {
    people.forEach(({ face, body }, at) => {
      put(face, "aria-checked", at === chosen);
      face.tabIndex = at === chosen ? 0 : -1;
      body.hidden = at !== chosen;
    });
  }

  #person(who, look, has, hands) {
    const picture = svg("svg", { viewBox: "8 8 84 84", class: "avatar", "aria-hidden": "true" }, portrait(look));
    const face = el("button", { type: "button", role: "radio", className: "one", title: who.name }, picture, el("span", {}, who.name));
    const toggle = this.nears
      ? el("button", { type: "button", role: "switch", className: "row switch" }, el("span", {}, `${who.name} stands at the door`), el("i", { ariaHidden: "true" }))
      : null;
    toggle?.addEventListener("click", () => hands.near(who.name, toggle.ariaChecked !== "true"));
    const pad = has("face") ? new FacePad(who.name, look, hands) : null;
    if (pad) this.#pads.set(who.name, pad);
    this.#faces.set(who.name, { toggle, face });
    const chip = (kind, thing, label) => this.#chip(kind, { who: who.name, ...thing }, label, hands);
    const body = el(
      "article",
      { className: "person", ariaLabel: who.name },
      toggle,
      pad?.node,
      el(
        "div",
        { className: "chips" },
        has("fingerprint") ? who.fingers.map((finger) => chip("finger", { finger }, finger)) : null,
        has("rfid") ? Array.from({ length: who.cards }, (_, at) => chip("card", { card: at + 1 }, who.cards > 1 ? `card ${at + 1}` : "card")) : null,
      ),
      has("palm_vein")
        ? el(
            "div",
            { className: "chips" },
            who.palms.map((palm) => chip("palm", { palm }, `${palm} palm`)),
            this.#reach(),
          )
        : null,
      has("ble") ? phone(who.name, hands) : null,
    );
    return { face, body };
  }

  /** Palms out of the reader's reach (DLM-14), or near. */
  #reach() {
    const button = el("button", { type: "button", className: "chip small", ariaPressed: "false" }, "too far");
    button.addEventListener("click", () => {
      this.#far = !this.#far;
      for (const other of this.#reaches) put(other, "aria-pressed", this.#far);
    });
    this.#reaches.push(button);
    return button;
  }

  #chip(kind, thing, label, hands) {
    const name = NAMES[kind](thing.who, label);
    const node = el("button", { type: "button", className: `chip ${kind}`, title: name, ariaLabel: name }, icon(kind), el("span", {}, label));
    const take = () => hands.take(kind, kind === "palm" ? { ...thing, far: this.#far } : thing);
    node.addEventListener("click", take);
    draggable(node, kind, take);
    this.#chips.push({ kind, key: key(thing), node });
    return node;
  }
}

function key({ who, finger, card, palm }) {
  return JSON.stringify([who, finger ?? card ?? palm]);
}
