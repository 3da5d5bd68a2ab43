// What looks at people: fingerprint sensor, card area, palm reader, lens. Each is used with what one has in hand.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const READERS = {
  finger: { className: "sensor", name: "Fingerprint sensor", title: "Touch the fingerprint sensor", icon: "finger" },
  card: { className: "card-area", name: "Card area", title: "Hold a card here", icon: "waves" },
  palm: { className: "palm", name: "Palm reader", title: "Hold a palm before the reader", icon: "palm" },
};

/** A reader as a button, on which what it reads can also be dropped. */
export function reader(kind, hands) {
  const { className, name, title, icon: drawn } = READERS[kind];
  const button = el("button", { type: "button", className, ariaLabel: name, title, "data-takes": kind }, icon(drawn));
  button.addEventListener("click", () => hands.use(kind));
  return button;
}

/** The lens between its infrared lights; without a face reader it is no button. */
export function eye(wide, looks, hands) {
  const shape = `eye ${wide ? "visor" : "disc"}`;
  const parts = [el("span", { className: "ir left" }), el("span", { className: "lens" }), el("span", { className: "ir right" })];
  if (!looks) return el("span", { className: shape, ariaHidden: "true" }, parts);
  const button = el("button", { type: "button", className: shape, ariaLabel: "Camera", title: "Look into the camera", "data-takes": "face" }, parts);
  button.addEventListener("click", () => hands.use("face"));
  return button;
}
