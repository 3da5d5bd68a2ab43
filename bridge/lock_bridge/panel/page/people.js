// Who can come to the door: fingers to lay on the sensor, cards to hold to the reader. By tap, or dragged to the lock.

import { el, icon } from "./dom.js";

export class People {
  #chips = [];

  constructor(drawer, model, hands) {
    const fingers = model.readers.includes("fingerprint");
    const cards = model.readers.includes("rfid");
    const does = [fingers ? "a finger to lay it on the sensor" : null, cards ? "a card to hold it to the reader" : null];
    drawer.replaceChildren(
      el("p", { className: "hint" }, `Tap ${does.filter(Boolean).join(", ")}, or drag it to the lock.`),
      ...model.people.map((who) =>
        el(
          "article",
          { className: "person" },
          el("h3", {}, el("span", { className: "avatar", ariaHidden: "true" }, who.name.slice(0, 1)), who.name),
          el(
            "div",
            { className: "chips" },
            fingers ? who.fingers.map((finger) => this.#chip("finger", { who: who.name, finger }, finger, hands)) : null,
            cards ? Array.from({ length: who.cards }, (_, at) => this.#chip("card", { who: who.name, card: at + 1 }, who.cards > 1 ? `card ${at + 1}` : "card", hands)) : null,
          ),
        ),
      ),
      el("p", { className: "hint keys" }, "On a keyboard: digits type, Enter confirms, Backspace goes back."),
    );
  }

  /** Show which finger or card a tap on the lock itself uses. */
  inHand(kind, thing) {
    for (const chip of this.#chips) {
      if (chip.kind === kind) chip.node.classList.toggle("in-hand", chip.key === key(thing));
    }
  }

  #chip(kind, thing, label, hands) {
    const name = kind === "finger" ? `Touch with ${thing.who}'s ${label}` : `Hold ${thing.who}'s ${label} to the reader`;
    const node = el("button", { type: "button", className: `chip ${kind}`, draggable: true, title: name, ariaLabel: name }, icon(kind), label);
    node.addEventListener("click", () => hands.take(kind, thing));
    node.addEventListener("dragstart", (event) => {
      event.dataTransfer.effectAllowed = "copy";
      event.dataTransfer.setData(`application/x-door-${kind}`, JSON.stringify(thing));
    });
    this.#chips.push({ kind, key: key(thing), node });
    return node;
  }
}

function key(thing) {
  return JSON.stringify([thing.who, thing.finger ?? thing.card]);
}
