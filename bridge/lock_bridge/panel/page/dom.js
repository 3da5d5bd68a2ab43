// Small helpers for elements, and for buttons that can be held.

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

const PATHS = {
  bell: "M12 4a5 5 0 0 0-5 5v3.5L5.5 16h13L17 12.5V9a5 5 0 0 0-5-5Zm-2 14a2 2 0 0 0 4 0",
  finger:
    "M7 10.5a5 5 0 0 1 10 0v2.2M9.2 19.5c-1-1.8-1.4-3.6-1.4-5.6M12 10.4v2.9c0 2.4.7 4.3 1.9 6M9.6 10.9a2.4 2.4 0 0 1 4.8 0v2.4c0 1.7.4 3.2 1.2 4.6M4.8 13.6v-3A7.2 7.2 0 0 1 12 3.4a7.2 7.2 0 0 1 5.6 2.7M19.1 9.5c.1.5.1 1 .1 1.5v2.6",
  card: "M4 7.5A1.5 1.5 0 0 1 5.5 6h13A1.5 1.5 0 0 1 20 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 16.5ZM4 10h16M7 14.5h4",
  waves: "M7 9.5a4 4 0 0 1 0 5M10.5 7.3a7.6 7.6 0 0 1 0 9.4M14 5.2a11.4 11.4 0 0 1 0 13.6",
  padlock: "M7 11h10a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Zm1.8 0V8.2a3.2 3.2 0 0 1 6.4 0V11",
  up: "M12 18V6m0 0-4.5 4.5M12 6l4.5 4.5",
  down: "M12 6v12m0 0 4.5-4.5M12 18l-4.5-4.5",
  speaker: "M5 10v4h3l4 3.5v-11L8 10ZM15 9.2a4 4 0 0 1 0 5.6M17.4 6.8a7.4 7.4 0 0 1 0 10.4",
  muted: "M5 10v4h3l4 3.5v-11L8 10ZM15.5 9.5l5 5m0-5-5 5",
  battery: "M4 9a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1Zm16 1.6v2.8M7 11v2",
  note: "M9 17.5a2 2 0 1 1-1.2-1.8V6.5L18 4.8v9.7a2 2 0 1 1-1.2-1.8",
  speech: "M5 5.5h14a1 1 0 0 1 1 1v8.5a1 1 0 0 1-1 1h-7l-4 3.5V16H5a1 1 0 0 1-1-1V6.500a1 1 0 0 1 1-1Z",
  hand: "M8 12V6.2a1.3 1.3 0 0 1 2.6 0V11m0-.5V4.900a1.3 1.3 0 0 1 2.600 0V11m0-.3V6a1.300 1.300 0 0 1 2.600 0v7.500c0 3.500-1.600 6-4.800 6-2.600 0-3.700-1.200-5-3.500l-1.700-3.100a1.300 1.300 0 0 1 2.200-1.300L8 13.500",
};

/** An icon, drawn with lines in the text's colour. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
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
