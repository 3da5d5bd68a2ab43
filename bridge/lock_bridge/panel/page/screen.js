// The screen at the rear (DLM-13): a pairing code to scan, or the picture of who stands outside.

import { el, put, svg } from "./dom.js";
import { looks, portrait, turn } from "./figures.js";
import { qr } from "./qr.js";

const QUIET = 4;

export class Screen {
  #code = null;
  #seen = null;

  constructor(model) {
    this.people = model.people.map((who) => who.name);
    this.scan = el("div", { className: "scan" });
    this.digits = el("p", { className: "digits" });
    this.visitor = svg("g", { class: "visitor" });
    this.outside = this.#outside();
    this.node = el(
      "div",
      { className: "screen", role: "group", ariaLabel: "Screen" },
      this.outside,
      el("div", { className: "pairing" }, this.scan, this.digits),
    );
    this.told = el("p", { className: "sr-only", role: "status" });
    this.node.append(this.told);
  }

  update({ look, world }) {
    const view = look.inside ? "pairing" : look.screen === "outside" ? "outside" : "off";
    this.#show(look.inside);
    this.#draw(world.near, world.face);
    put(this.node, "data-view", view);
    const told = {
      pairing: `The screen shows a QR code and the pairing code ${look.inside}.`,
      outside: world.near ? `The screen shows ${world.near} outside.` : "The screen shows the outside: nobody is there.",
      off: "",
    }[view];
    if (this.told.textContent !== told) this.told.textContent = told;
  }

  #show(code) {
    if (code === this.#code) return;
    this.#code = code;
    this.scan.replaceChildren(...(code ? [drawn(code)] : []));
    this.digits.textContent = code ? spaced(code) : "";
  }

  #draw(near, face) {
    const seen = JSON.stringify([near, face]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    const figure = near ? portrait(looks(near, this.people.indexOf(near))) : null;
    this.visitor.replaceChildren(...(figure ? [figure] : []));
    if (!figure) return;
    turn(figure, face?.pose ?? "down");
    figure.classList.toggle("covered", face?.spoilt === "covered");
    figure.classList.toggle("moving", face?.spoilt === "moving");
    this.visitor.setAttribute("transform", face?.spoilt === "far" ? "translate(51 56) scale(0.46)" : "translate(20 30) scale(1.08)");
  }

  #outside() {
    return svg(
      "svg",
      { viewBox: "0 0 148 140", class: "outside-view", preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true" },
      svg("rect", { width: 148, height: 140, class: "sky" }),
      svg("circle", { cx: 112, cy: 27, r: 9, class: "sun" }),
      svg("path", { d: "M0 74q18-16 38-10 12-20 34-8 20-12 36 4 22-10 40 8v22H0Z", class: "trees" }),
      svg("path", { d: "M0 84q74-14 148 0v56H0Z", class: "lawn" }),
      svg("path", { d: "M66 79h14l34 61H30Z", class: "path" }),
      svg("path", { d: "M8 88V66l10-9 10 9v22M15 88V75h6v13", class: "far-house" }),
      this.visitor,
      svg("circle", { cx: 13, cy: 127, r: 3.2, class: "live" }),
    );
  }
}

/** A pairing code as people read it. */
export function spaced(code) {
  return `${code.slice(0, 4)} ${code.slice(4)}`;
}

/** A QR code as a drawing. */
export function drawn(text) {
  const rows = qr(text);
  const dark = rows.flatMap((row, y) => row.map((on, x) => (on ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  const size = rows.length + 2 * QUIET;
  return svg(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": "QR code of the pairing code", "shape-rendering": "crispEdges" },
    svg("rect", { width: size, height: size, fill: "#fff" }),
    svg("path", { d: dark.join(""), fill: "#000" }),
  );
}
