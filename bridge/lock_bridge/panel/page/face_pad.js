// A face to show to the lens: turned by arrows or by dragging it, and spoilt if one likes (DLM-5).

import { el, put, svg } from "./dom.js";
import { draggable } from "./drag.js";
import { portrait, turn } from "./figures.js";
import { icon } from "./icons.js";

const POSES = {
  up: { title: "up", icon: "up" },
  left: { title: "left", icon: "left" },
  straight: { title: "straight ahead", icon: "face" },
  right: { title: "right", icon: "right" },
  down: { title: "down", icon: "down" },
};
const SPOILT = { covered: "covered", moving: "moving", far: "too far" };

export class FacePad {
  #spoilt = null;
  #poses = new Map();

  constructor(who, look, hands) {
    const show = (pose) => hands.take("face", { who, pose, spoilt: this.#spoilt });
    this.figure = portrait(look);
    const head = el(
      "div",
      { className: "head", title: "Drag it to the camera" },
      svg("svg", { viewBox: "8 8 84 84", "aria-hidden": "true" }, this.figure),
    );
    draggable(head, "face", () => show("straight"));
    const arrows = Object.entries(POSES).map(([pose, { title, icon: drawn }]) => {
      const button = el("button", { type: "button", className: `pose ${pose}`, ariaLabel: `${who} looks ${title}`, title: `Look ${title}` }, icon(drawn));
      button.addEventListener("click", () => show(pose));
      this.#poses.set(pose, button);
      return button;
    });
    const spoilt = Object.entries(SPOILT).map(([how, label]) => {
      const button = el("button", { type: "button", className: "chip small", ariaPressed: "false" }, label);
      button.addEventListener("click", () => {
        this.#spoilt = this.#spoilt === how ? null : how;
        for (const other of spoilt) put(other, "aria-pressed", other === button && this.#spoilt === how);
        show("straight");
      });
      return button;
    });
    this.node = el(
      "div",
      { className: "face-pad", role: "group", ariaLabel: `${who}'s face` },
      el("div", { className: "compass" }, head, arrows),
      el("div", { className: "spoilt", role: "group", ariaLabel: "What is wrong with it" }, spoilt),
    );
  }

  /** `face` is what the lens could see of this person now, or null. */
  update(face) {
    turn(this.figure, face?.pose ?? "straight");
    this.figure.classList.toggle("covered", face?.spoilt === "covered");
    this.figure.classList.toggle("moving", face?.spoilt === "moving");
    for (const [pose, button] of this.#poses) button.classList.toggle("in-hand", face?.pose === pose);
  }
}
