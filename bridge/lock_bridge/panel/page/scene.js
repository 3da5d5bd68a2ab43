// One side of the door: wall, frame with the strike, leaf with bolt and handle, and the lock on it.

import { el, holdable, put } from "./dom.js";
import { icon } from "./icons.js";

const HANDLE_MS = 400;
const LEAVES = { satin: "oak", bronze: "painted", graphite: "slate" };

export class Scene {
  #to = null;

  /** `beside` stands at the foot of the picture. */
  constructor(side, model, lock, hands, beside = null) {
    this.side = side;
    this.model = model;
    this.lock = lock;
    this.bolt = el("span", { className: "bolt" });
    this.lever = this.#lever(hands);
    this.leaf = el(
      "div",
      { className: `leaf ${LEAVES[model.skin]}` },
      el("span", { className: "edge" }),
      this.bolt,
      el("span", { className: "latch" }),
      el("div", { className: "face" }, el("span", { className: "window" })),
      el("div", { className: "hardware" }, lock.node, this.lever),
    );
    this.stage = el(
      "div",
      { className: "stage" },
      el("div", { className: "beyond" }),
      el("div", { className: "wall" }),
      el("div", { className: "jamb" }, el("span", { className: "strike" })),
      this.leaf,
      el("div", { className: "alarm", ariaHidden: "true" }),
    );
    this.open = el("button", { type: "button", className: "act" });
    this.open.addEventListener("click", () => hands.swing(side));
    this.node = el(
      "section",
      { className: `side ${side}`, ariaLabel: side === "outside" ? "Outside" : "Inside" },
      el("div", { className: "view" }, this.stage),
      el("div", { className: "acts" }, el("h2", {}, side === "outside" ? "Outside" : "Inside"), beside, this.open),
    );
  }

  update(seen) {
    const { look, world } = seen;
    const outside = this.side === "outside";
    // Seen from outside the lock is across from the hinge; from inside it is the other way round.
    put(this.node, "data-lock", (world.hinge === "right") === outside ? "left" : "right");
    this.node.classList.toggle("turns-left", world.hinge === "left");
    this.node.classList.toggle("open", look.door === "open");
    this.node.classList.toggle("alarmed", look.alarm);
    this.node.classList.toggle("tampered", world.tamper);
    this.node.classList.toggle("stalled", world.stall);
    if (outside && this.model.clutch) put(this.lever, "data-at", look.handle);
    this.#slide(world.way);
    this.open.textContent = look.door === "open" ? "Close the door" : outside ? "Push the door" : "Press the handle";
    this.lock.update(seen);
  }

  /** The door does not give. */
  rattle() {
    this.leaf.classList.remove("rattles");
    void this.leaf.offsetWidth;
    this.leaf.classList.add("rattles");
  }

  /** A hand presses or lifts the handle for a moment. */
  turn(at) {
    put(this.lever, "data-at", at);
    setTimeout(() => put(this.lever, "data-at", "rest"), HANDLE_MS);
  }

  #slide(way) {
    if (way.to === this.#to) return;
    const first = this.#to === null;
    this.#to = way.to;
    this.bolt.style.transitionDuration = "0ms";
    this.bolt.style.setProperty("--out", first ? way.to : way.from);
    void this.bolt.offsetWidth;
    this.bolt.style.transitionDuration = `${first ? 0 : Math.max(way.ms, 120)}ms`;
    this.bolt.style.setProperty("--out", way.to);
  }

  #lever(hands) {
    const outside = this.side === "outside";
    const where = outside ? "Outside handle" : "Inside handle";
    const bar = el("span", { className: "bar" });
    const press = el("button", { type: "button", className: "grip press", ariaLabel: `${where}: press`, title: "Press the handle" });
    const grips = [press];
    if (this.model.clutch) {
      const lift = el("button", { type: "button", className: "grip lift", ariaLabel: `${where}: lift`, title: "Lift the handle" }, icon("up"));
      press.append(icon("down"));
      grips.unshift(lift);
      if (outside) {
        holdable(lift, () => hands.do("handle", "lift"), () => hands.do("handle", "rest"));
        holdable(press, () => hands.do("handle", "press"), () => hands.do("handle", "rest"));
      } else {
        lift.addEventListener("click", () => this.#click("lifted", () => hands.do("handle", "inside", "lift")));
        press.addEventListener("click", () => this.#click("pressed", () => hands.do("handle", "inside")));
      }
    } else {
      press.addEventListener("click", () => this.#click("pressed", () => hands.do("handle", ...(outside ? [] : ["inside"]))));
    }
    return el("div", { className: "lever", "data-at": "rest" }, bar, grips);
  }

  #click(at, act) {
    this.turn(at);
    act();
  }
}
