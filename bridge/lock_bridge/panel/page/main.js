// Puts the page together: what comes from the bridge goes to its drawings, what the person does goes to the bridge.

import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { el, put } from "./dom.js";
import { showDrawer, showSide } from "./drawers.js";
import { Front } from "./front.js";
import { Gateway } from "./gateway.js";
import { Hands } from "./hands.js";
import { icon } from "./icons.js";
import { typeOnKeypad } from "./keyboard.js";
import { People } from "./people.js";
import { Rear } from "./rear.js";
import { Scene } from "./scene.js";
import { Speaker } from "./sound.js";
import { World } from "./world.js";

const at = (id) => document.getElementById(id);

const speaker = new Speaker();
const captions = new Captions(at("captions"), at("heard"), at("live"));
let page = null;

const connection = new Connection({
  model(model) {
    // A bridge that was restarted may have another door, and no hand on this one.
    page = build(model);
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

function build(model) {
  document.title = `${model.name} · simulated door`;
  at("name").textContent = model.name;
  at("model").textContent = model.model;
  let before = null;
  let people = null;
  let inside = null;
  const hands = new Hands(connection, {
    felt(text) {
      captions.felt(text);
      if (/holds|stops|freely/.test(text)) outside.rattle();
    },
    failed: (text) => captions.felt(text),
    inHand: (kind, thing) => people.inHand(kind, thing),
    show: showSide,
    ask(text) {
      showDrawer("people", true);
      captions.felt(text);
    },
    pressInside() {
      inside.turn("pressed");
      hands.do("handle", "inside");
    },
    get isOpen() {
      return before?.look.door === "open";
    },
  });
  const heard = (item) => {
    captions.heard(item);
    speaker.play(item);
  };
  const front = new Front(model, hands);
  const gateway = new Gateway(hands, heard);
  const outside = new Scene("outside", model, front, hands);
  inside = new Scene("inside", model, new Rear(model, hands), hands, gateway.node);
  people = new People(at("people"), model, hands);
  const parts = [outside, inside, people, new World(at("world"), model, hands), gateway];
  at("doors").replaceChildren(outside.node, inside.node);
  return {
    hands,
    front,
    update(seen) {
      for (const part of parts) part.update(seen);
      for (const item of seen.look.heard) {
        heard(item);
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
  if (world.speed !== 1) told.push(["fast", `${world.speed}× as fast`]);
  if (!world.powered) told.push(["bad", "No power"]);
  if (look.alarm) told.push(["bad", "Alarm"]);
  at("facts").replaceChildren(...told.map(([kind, text]) => el("li", { className: kind }, text)));
}

const BOLT = { thrown: "Bolt thrown", retracted: "Bolt drawn back", between: "Bolt half way" };
const LAMPS = {
  green: "Green light",
  red: "Red light",
  battery: "Battery light",
  pairing: "Pairing light",
  infrared: "The infrared light blinks",
  palm: "The palm reader's red light",
};

/** Say what has changed to who cannot see it. */
function tell(before, { look }) {
  if (!before) return;
  const told = [];
  if (look.bolt !== before.look.bolt && look.bolt !== "between") told.push(BOLT[look.bolt]);
  if (look.door !== before.look.door) told.push(look.door === "open" ? "The door is open" : "The door is closed");
  const lit = lights(look);
  if (lit !== lights(before.look)) told.push(lit ? `Lit: ${lit}` : "The keypad goes dark");
  for (const lamp of look.lights.lamps) if (!before.look.lights.lamps.includes(lamp)) told.push(LAMPS[lamp] ?? lamp);
  if (told.length) captions.say(told.join(". "));
}

/** The lit keys in words; all of them are one word. */
function lights({ lights: { keys, flashing } }) {
  const lit = keys.length > 9 ? "the keypad" : keys.map((key) => NAMES[key] ?? key).join(" ");
  return [lit, flashing.length ? `${flashing.map((key) => NAMES[key] ?? key).join(" ")} flashing` : ""].filter(Boolean).join(", ");
}

const NAMES = { ok: "confirm", back: "back", leave: "leaving home" };

const sound = at("sound");
function showSound() {
  sound.replaceChildren(icon(speaker.on ? "speaker" : "muted"));
  put(sound, "aria-pressed", speaker.on);
  put(sound, "title", speaker.on ? "Sound is on" : "Sound is off");
}
sound.addEventListener("click", () => {
  speaker.on = !speaker.on;
  showSound();
});
showSound();

typeOnKeypad({
  has: (key) => page?.front.keys.has(key) ?? false,
  down(key) {
    page.front.keys.get(key).classList.add("down");
    page.hands.down(key);
  },
  up(key) {
    page?.front.keys.get(key)?.classList.remove("down");
    page?.hands.up(key);
  },
});
