// The way to the bridge: what is seen comes in, words go out. It comes back by itself.

const FIRST_WAIT = 400;
const LONGEST_WAIT = 5000;

export class Connection {
  #socket = null;
  #wait = FIRST_WAIT;
  #next = 1;
  #waiting = new Map();
  #listener;

  /** `listener` has `model`, `seen` and `connected`. */
  constructor(listener) {
    this.#listener = listener;
    this.#connect();
  }

  /** Do something at the door; what was felt, or null. Throws what the bridge says against it. */
  say(...words) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new Error("The bridge does not answer."));
        return;
      }
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, words }));
    });
  }

  #connect() {
    const socket = new WebSocket(`ws://${location.host}/live`);
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT;
      this.#listener.connected(true);
    });
    socket.addEventListener("close", () => {
      this.#listener.connected(false);
      for (const { reject } of this.#waiting.values()) reject(new Error("The bridge does not answer."));
      this.#waiting.clear();
      setTimeout(() => this.#connect(), this.#wait);
      this.#wait = Math.min(this.#wait * 1.7, LONGEST_WAIT);
    });
  }

  #take(message) {
    if (message.model) this.#listener.model(message.model);
    else if (message.look) this.#listener.seen(message);
    else if (this.#waiting.has(message.id)) {
      const { resolve, reject } = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error) reject(new Error(message.error));
      else resolve(message.felt ?? null);
    }
  }
}
