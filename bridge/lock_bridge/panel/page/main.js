// Puts the page together: what comes from the bridge goes to its drawings, what the person does goes to the bridge.

import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { el, icon, put } from "./dom.js";
import { Front } from "./front.js";
import { People } from "./people.js";
import { Rear } from "./rear.js";
import { Scene } from "./scene.js";
import { Speaker } from "./sound.js";
import { World } from "./world.js";

const at = (id) => document.getElementById(id);

/** As in page.css: one side of the door at a time, drawers slide up. */
const narrow = matchMedia("(max-width: 639px), (max-width: 899px) and (orientation: portrait)");

const speaker = new Speaker();
const captions = new Captions(at("captions"), at("heard"), at("live"));
let page = null;

const connection = new Connection({
  model(model) {
    // A bridge that was restarted may have another door.
    if (JSON.stringify(model) !== JSON.stringify(page?.model)) page = build(model);
  },
  seen(seen) {
    page?.update(seen);
  },
  connected(connected) {
    at("away").hidden = connected;
    at("doors").inert = !connected;
    at("drawers").inert = !connected;
  },
});

/** Everything that a person can do; failures are told, not thrown. */
class Hands {
  constructor(people) {
    this.inHand = {};
    this.people = people;
  }

  async do(...words) {
    try {
      const felt = await connection.say(...words);
      if (felt) page.felt(felt);
      return felt;
    } catch (error) {
      captions.felt(error.message);
      return null;
    }
  }

  down(key) {
    this.do("down", key);
  }

  up(key) {
    this.do("up", key);
  }

  /** Take a finger or card and use it at once; a tap on the lock uses it again. */
  take(kind, thing) {
    this.inHand[kind] = thing;
    page.people.inHand(kind, thing);
    this.#use(kind);
  }

  useFinger() {
    this.#useOrAsk("finger");
  }

  useCard() {
    this.#useOrAsk("card");
  }

  /** Open or close the door from one side. */
  swing(side) {
    if (page.isOpen) this.do("close");
    else if (side === "outside") this.do("open");
    else page.pressInside();
  }

  #useOrAsk(kind) {
    if (this.inHand[kind]) this.#use(kind);
    else {
      showDrawer("people", true);
      captions.felt(kind === "finger" ? "Whose finger? Choose one." : "Whose card? Choose one.");
    }
  }

  #use(kind) {
    const thing = this.inHand[kind];
    if (kind === "finger") this.do("touch", `${thing.who} ${thing.finger}`);
    else this.do("card", thing.who, String(thing.card));
  }
}

function build(model) {
  document.title = `${model.name} · simulated door`;
  at("name").textContent = model.name;
  at("model").textContent = model.model;
  const hands = new Hands();
  const front = new Front(model, hands);
  const outside = new Scene("outside", model, front, hands);
  const inside = new Scene("inside", model, new Rear(model, hands), hands);
  const people = new People(at("people"), model, hands);
  const world = new World(at("world"), model, hands);
  at("doors").replaceChildren(outside.node, inside.node);
  let before = null;
  return {
    model,
    people,
    hands,
    front,
    get isOpen() {
      return before?.look.door === "open";
    },
    pressInside() {
      inside.turn("pressed");
      hands.do("handle", "inside");
    },
    felt(text) {
      captions.felt(text);
      if (/holds|stops|freely/.test(text)) outside.rattle();
    },
    update(seen) {
      for (const part of [outside, inside, world]) part.update(seen);
      for (const heard of seen.look.heard) {
        captions.heard(heard);
        speaker.play(heard);
        front.sound();
      }
      speaker.alarm(seen.look.alarm);
      facts(seen);
      tell(before, seen);
      before = seen;
    },
  };
}

function facts({ look, world }) {
  const told = [
    [look.bolt === "thrown" ? "locked" : look.bolt === "retracted" ? "unlocked" : "between", BOLT[look.bolt]],
    [look.door, look.door === "open" ? "Door open" : "Door closed"],
  ];
  if (!world.powered) told.push(["bad", "No power"]);
  if (look.alarm) told.push(["bad", "Alarm"]);
  at("facts").replaceChildren(...told.map(([kind, text]) => el("li", { className: kind }, text)));
}

const BOLT = { thrown: "Bolt thrown", retracted: "Bolt drawn back", between: "Bolt half way" };
const LAMPS = { green: "Green light", red: "Red light", battery: "Battery light", pairing: "Pairing light" };

/** Say what has changed to who cannot see it. */
function tell(before, { look }) {
  if (!before) return;
  const told = [];
  if (look.bolt !== before.look.bolt && look.bolt !== "between") told.push(BOLT[look.bolt]);
  if (look.door !== before.look.door) told.push(look.door === "open" ? "The door is open" : "The door is closed");
  const lit = look.lights.keys.length > 0;
  if (lit !== before.look.lights.keys.length > 0) told.push(lit ? "The keypad lights up" : "The keypad goes dark");
  for (const lamp of look.lights.lamps) if (!before.look.lights.lamps.includes(lamp)) told.push(LAMPS[lamp]);
  if (told.length) captions.say(told.join(". "));
}

/** Bring a drawer to the front; on a phone it slides up, and a second tap puts it away. */
function showDrawer(name, open = null) {
  const shown = document.body.dataset.drawer === name && narrow.matches && open !== true ? "" : name;
  document.body.dataset.drawer = shown;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const selected = tab.getAttribute("aria-controls") === (shown || name);
    put(tab, "aria-selected", selected && (shown !== "" || !narrow.matches));
    tab.tabIndex = selected ? 0 : -1;
    at(tab.getAttribute("aria-controls")).hidden = !selected;
  }
}

/** All drawers down on a phone, the people's in sight elsewhere. */
function startDrawers() {
  document.body.dataset.drawer = "people";
  showDrawer("people", narrow.matches ? null : true);
}

function wire() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => showDrawer(tab.getAttribute("aria-controls")));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      showDrawer(next.getAttribute("aria-controls"), true);
      next.focus();
    });
  }
  for (const button of document.querySelectorAll("[data-show]")) {
    button.addEventListener("click", () => {
      document.body.dataset.shown = button.dataset.show;
      for (const other of document.querySelectorAll("[data-show]")) put(other, "aria-pressed", other === button);
    });
  }
  const sound = at("sound");
  const showSound = () => {
    sound.replaceChildren(icon(speaker.on ? "speaker" : "muted"));
    put(sound, "aria-pressed", speaker.on);
    put(sound, "title", speaker.on ? "Sound is on" : "Sound is off");
  };
  sound.addEventListener("click", () => {
    speaker.on = !speaker.on;
    showSound();
  });
  showSound();
  wireKeyboard();
}

/** Digits on the keyboard are digits on the keypad, Enter confirms, Backspace goes back; held as long as there. */
function wireKeyboard() {
  const keyOf = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return null;
    if (/^[0-9]$/.test(event.key)) return event.key;
    const named = { Enter: "ok", Backspace: "back", "#": "ok", "*": "back" }[event.key];
    return named ?? null;
  };
  const busy = (event) =>
    event.target.closest("input, select, textarea") || (event.key === "Enter" && event.target.closest("button, a, [role=tab]"));
  const held = new Map();
  addEventListener("keydown", (event) => {
    const key = keyOf(event);
    if (!key || event.repeat || busy(event) || !page?.front.keys.has(key)) return;
    event.preventDefault();
    held.set(event.code, key);
    page.front.keys.get(key).classList.add("down");
    page.hands.down(key);
  });
  const release = (code) => {
    const key = held.get(code);
    if (key === undefined) return;
    held.delete(code);
    page?.front.keys.get(key)?.classList.remove("down");
    page?.hands.up(key);
  };
  addEventListener("keyup", (event) => release(event.code));
  addEventListener("blur", () => [...held.keys()].forEach(release));
}

wire();
startDrawers();
narrow.addEventListener("change", startDrawers);
