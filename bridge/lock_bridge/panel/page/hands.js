// Everything that a person can do at the door, in the door's words. What fails is told, not thrown.

const ASKED = { finger: "Whose finger?", card: "Whose card?", palm: "Whose palm?", face: "Whose face?" };

const WORDS = {
  finger: ({ who, finger }) => ["touch", `${who} ${finger}`],
  card: ({ who, card }) => ["card", who, String(card)],
  palm: ({ who, palm, far }) => ["palm", `${who} ${palm}`, ...(far ? ["far"] : [])],
  face: ({ who, pose, spoilt }) => ["face", who, ...(pose && pose !== "straight" ? [pose] : []), ...(spoilt ? [spoilt] : [])],
};

export class Hands {
  #connection;
  #page;
  #held = {};

  /** `page` has `felt`, `failed`, `inHand`, `ask`, `show`, `pressInside` and `isOpen`. */
  constructor(connection, page) {
    this.#connection = connection;
    this.#page = page;
  }

  /** Say words to the door; what was felt, or null. */
  async do(...words) {
    try {
      const felt = await this.#connection.say(...words);
      if (felt) this.#page.felt(felt);
      return felt;
    } catch (error) {
      this.#page.failed(error.message);
      return null;
    }
  }

  down(key) {
    this.do("down", key);
  }

  up(key) {
    this.do("up", key);
  }

  /** Take a finger, card, palm or face and use it at once; `use` uses it again. */
  take(kind, thing) {
    this.#held[kind] = thing;
    this.#page.inHand(kind, thing);
    this.use(kind);
  }

  /** Use what one has in hand of this kind, or ask for it. */
  use(kind) {
    if (!this.#held[kind]) return this.#page.ask(`${ASKED[kind]} Choose one.`);
    this.#page.show("outside");
    return this.do(...WORDS[kind](this.#held[kind]));
  }

  /** Come to the door, or go away from it. */
  near(who, near) {
    if (near) this.#page.show("outside");
    return near ? this.do("near", who) : this.do("away");
  }

  /** A phone: `pair` with the lock's code, `unlock` or `lock` with a key's text. */
  phone(who, what, secret) {
    return this.do("phone", who, what, secret.replace(/\s+/g, ""));
  }

  /** Open or close the door from one side. */
  swing(side) {
    if (this.#page.isOpen) this.do("close");
    else if (side === "outside") this.do("open");
    else this.#page.pressInside();
  }
}
