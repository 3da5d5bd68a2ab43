// What this phone keeps: who it is to locks, and the keys that its owner was given.

const STORE = "lock-bridge key";
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

class Store {
  constructor(default_name) {
    this.lasts = true;
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(STORE));
    } catch {
      this.lasts = false;
    }
    this.kept = kept?.phone && Array.isArray(kept.doors)
      ? kept
      : { phone: { name: default_name, secret: hex(crypto.getRandomValues(new Uint8Array(16))) }, doors: [], chosen: 0 };
    this.save();
  }

  save() {
    try {
      localStorage.setItem(STORE, JSON.stringify(this.kept));
    } catch {
      this.lasts = false;
    }
  }

  get doors() {
    return this.kept.doors;
  }

  get door() {
    return this.kept.doors[this.kept.chosen] ?? this.kept.doors[0] ?? null;
  }

  get phone() {
    return { name: this.kept.phone.name, secret: unhex(this.kept.phone.secret) };
  }

  get language() {
    return this.kept.language ?? null;
  }

  speak(language) {
    this.kept.language = language;
    this.save();
  }

  rename(name) {
    this.kept.phone.name = name;
    this.save();
  }

  choose(index) {
    this.kept.chosen = index;
    this.save();
  }

  /** Keep a key; one that is there already gets the new name. */
  keep(text, name) {
    const key = text.toUpperCase().replace(/[\s-]/g, "");
    let index = this.doors.findIndex((door) => door.key === key);
    if (index < 0) index = this.doors.push({ key, name, counter: 0 }) - 1;
    else if (name) this.doors[index].name = name;
    this.choose(index);
  }

  remove() {
    this.doors.splice(this.doors.indexOf(this.door), 1);
    this.choose(0);
  }

  /** A counter beyond all that this key was shown with, kept before it is used. */
  next_counter() {
    const door = this.door;
    door.counter = Math.max(door.counter + 1, Date.now());
    this.save();
    return door.counter;
  }
}
