// Small helpers for elements and drawings, and for buttons that can be held.

/** An element: properties that are no element's own become attributes; children may be texts, elements or nothing. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name in node && name !== "role") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** A part of a drawing: attributes as they are written, children as in `el`. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Call `down` and `up` while a button is held: by mouse, finger, keyboard, or a screen reader's click. */
export function holdable(button, down, up) {
  let held = false;
  const start = () => {
    if (held) return;
    held = true;
    button.classList.add("down");
    down();
  };
  const end = () => {
    if (!held) return;
    held = false;
    button.classList.remove("down");
    up();
  };
  let byHand = false;
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    byHand = true;
    button.setPointerCapture(event.pointerId);
    start();
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(name, end);
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    start();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key === " " || event.key === "Enter") end();
  });
  button.addEventListener("blur", end);
  button.addEventListener("click", () => {
    if (!byHand) {
      start();
      end();
    }
    byHand = false;
  });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}

/** Set an attribute only if it is new, so that nothing is announced or animated twice. */
export function put(node, name, value) {
  const text = String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}
