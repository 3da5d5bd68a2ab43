// Carries something to the lock, by mouse or finger: what takes it there is marked, and asked when it is let go.

import { el } from "./dom.js";

const SLACK = 6;
/** A finger that moves at once scrolls; one that rests this long picks up. */
const PICK_UP_MS = 170;

/** Let `node` be dragged to what has `data-takes` with `kind`; `dropped` is called there. A tap stays a click. */
export function draggable(node, kind, dropped) {
  let from = null;
  let ghost = null;
  let over = null;
  let timer = null;

  const mark = (target) => {
    if (target === over) return;
    over?.classList.remove("offered");
    over = target;
    over?.classList.add("offered");
  };
  const lift = () => {
    ghost = el("div", { className: "ghost", ariaHidden: "true" });
    ghost.append(...[...node.childNodes].map((child) => child.cloneNode(true)));
    document.body.append(ghost);
    document.body.classList.add("carrying");
  };
  const move = (event) => {
    ghost.style.translate = `${event.clientX}px ${event.clientY}px`;
    mark(document.elementFromPoint(event.clientX, event.clientY)?.closest(`[data-takes="${kind}"]`) ?? null);
  };
  const end = () => {
    clearTimeout(timer);
    ghost?.remove();
    document.body.classList.remove("carrying");
    mark(null);
    from = ghost = null;
  };

  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, id: event.pointerId };
    // A fast hand is beyond the node with its first move; a finger is captured anyway.
    node.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") timer = setTimeout(() => (lift(), move(event)), PICK_UP_MS);
  });
  node.addEventListener("pointermove", (event) => {
    if (!from || event.pointerId !== from.id) return;
    if (!ghost) {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) < SLACK) return;
      if (event.pointerType === "touch") return void end();
      lift();
    }
    move(event);
  });
  node.addEventListener("pointerup", () => {
    const carried = ghost !== null;
    const target = over;
    end();
    if (!carried) return;
    // The click that follows is part of the carrying.
    node.addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => node.removeEventListener("click", stop, { capture: true }));
    if (target) dropped();
  });
  node.addEventListener("pointercancel", end);
  node.addEventListener("touchmove", (event) => ghost && event.preventDefault(), { passive: false });
  node.addEventListener("contextmenu", (event) => from && event.preventDefault());
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
