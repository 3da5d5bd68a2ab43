// What is heard and felt, in words: on the picture for a moment, in the list for longer, and for screen readers.

import { el } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_MS = 5200;
const SHOWN_MOST = 3;
const LISTED_MOST = 60;

const TONES = {
  key: "Key tone",
  success: "Success tone",
  failure: "Failure tone",
  doorbell: "Doorbell",
  alarm: "Alarm",
  alarm_end: "The alarm ends",
};

export class Captions {
  #box;
  #list;
  #live;

  constructor(box, drawer, live) {
    this.#box = box;
    this.#live = live;
    this.#list = el("ol", { className: "sounds" });
    drawer.append(
      el("p", { className: "hint" }, "Tones and prompts of the lock, and what the hand feels. Newest first."),
      this.#list,
    );
    this.#nothing();
  }

  /** A tone or prompt. Key tones are too many to be shown as words on the picture. */
  heard(item) {
    if (item.kind === "hush") return;
    const prompt = item.kind === "prompt";
    const text = prompt ? item.text : (TONES[item.what] ?? item.what);
    this.#add(prompt ? "speech" : item.what === "doorbell" ? "bell" : "note", text, prompt ? item.language : "en");
    if (item.what === "key") return;
    this.#show(prompt ? "prompt" : item.what === "failure" || item.what === "alarm" ? "bad" : "tone", prompt ? "speech" : "note", text);
    this.say(prompt ? `The lock says: ${text}` : text);
  }

  /** What the hand feels, or why something cannot be done. */
  felt(text) {
    this.#add("hand", text, "en");
    this.#show("felt", "hand", text);
    this.say(text);
  }

  /** For screen readers alone. */
  say(text) {
    // The same text twice is announced only if the region was empty in between.
    this.#live.textContent = "";
    requestAnimationFrame(() => (this.#live.textContent = text));
  }

  #show(kind, name, text) {
    const caption = el("p", { className: `caption ${kind}` }, icon(name), el("span", {}, text));
    this.#box.append(caption);
    while (this.#box.children.length > SHOWN_MOST) this.#box.firstElementChild.remove();
    setTimeout(() => caption.remove(), SHOWN_MS);
  }

  #add(name, text, lang) {
    const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.#list.querySelector(".nothing")?.remove();
    this.#list.prepend(el("li", {}, icon(name), el("span", { lang }, text), el("time", {}, time)));
    while (this.#list.children.length > LISTED_MOST) this.#list.lastElementChild.remove();
  }

  #nothing() {
    this.#list.append(el("li", { className: "nothing" }, "It has been quiet so far."));
  }
}
