// The bridge as the little device that it is beside the door: a light ring and a function key (GWY-1, GWY-2).

import { el, holdable, put } from "./dom.js";
import { spaced } from "./screen.js";

const MEANS = {
  "orange solid": "starting",
  "white fast": "ready to be set up",
  "blue solid": "connected",
  "white slow": "no client",
  "red slow": "fault",
};

export class Gateway {
  #said = null;
  #heard;

  /** `heard` is told what it says. */
  constructor(hands, heard) {
    this.#heard = heard;
    this.key = el(
      "button",
      { type: "button", className: "puck", ariaLabel: "Bridge: function key", title: "Function key: hold it for more than 4 s to pair" },
      el("span", { className: "ring" }),
      el("span", { className: "function" }),
    );
    holdable(this.key, () => hands.do("function", "down"), () => hands.do("function", "up"));
    this.means = el("span", { className: "means" });
    this.code = el("strong", { className: "code" });
    this.node = el("div", { className: "gateway", role: "group", ariaLabel: "Bridge" }, this.key, el("p", { role: "status" }, el("span", {}, "Bridge"), this.means, this.code));
  }

  update({ ring }) {
    this.node.hidden = !ring;
    if (!ring) return;
    const means = ring.colour ? (MEANS[`${ring.colour} ${ring.rhythm}`] ?? ring.colour) : "dark";
    put(this.node, "data-colour", ring.colour ?? "none");
    put(this.node, "data-rhythm", ring.rhythm ?? "none");
    this.key.classList.toggle("held", ring.held);
    if (this.means.textContent !== means) this.means.textContent = means;
    const code = ring.code ? spaced(ring.code) : "";
    if (this.code.textContent !== code) this.code.textContent = code;
    if (this.#said !== null && ring.said.seq > this.#said) {
      this.#heard({ kind: "prompt", what: "gateway", text: ring.said.text, language: ring.said.language, volume: "high" });
    }
    this.#said = ring.said.seq;
  }
}
