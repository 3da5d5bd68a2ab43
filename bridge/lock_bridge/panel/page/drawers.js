// People, world, and what was heard: beside the door, or on a phone drawers that slide up.

import { put } from "./dom.js";

/** As in page.css: one side of the door at a time, drawers slide up. */
const narrow = matchMedia("(max-width: 639px), (max-width: 899px) and (orientation: portrait)");

const tabs = [...document.querySelectorAll("[role=tab]")];
const panelOf = (tab) => tab.getAttribute("aria-controls");

/** Bring a drawer to the front; on a phone it slides up, and a second tap puts it away. */
export function showDrawer(name, open = null) {
  const shown = document.body.dataset.drawer === name && narrow.matches && open !== true ? "" : name;
  document.body.dataset.drawer = shown;
  for (const tab of tabs) {
    const selected = panelOf(tab) === (shown || name);
    put(tab, "aria-selected", selected && (shown !== "" || !narrow.matches));
    tab.tabIndex = selected ? 0 : -1;
    document.getElementById(panelOf(tab)).hidden = !selected;
  }
}

/** Show one side of the door, where there is room for one only. */
export function showSide(side) {
  document.body.dataset.shown = side;
  for (const button of document.querySelectorAll("[data-show]")) put(button, "aria-pressed", button.dataset.show === side);
}

/** All drawers down on a phone, the people's in sight elsewhere. */
function start() {
  document.body.dataset.drawer = "people";
  showDrawer("people", narrow.matches ? null : true);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => showDrawer(panelOf(tab)));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    showDrawer(panelOf(next), true);
    next.focus();
  });
}
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => showSide(button.dataset.show));
narrow.addEventListener("change", start);
start();
