// One request over Bluetooth, from the choice of the lock to its answer.

const [SERVICE, HELLO, REQUEST, ANSWER] = GIVEN.uuids;
const CONNECT_MS = 15_000;
const ANSWER_MS = 30_000;

/** Why there was no answer, by the text that tells it. */
class Obstacle extends Error {
  constructor(name) {
    super(name);
    this.name = name;
  }
}

class Radio {
  #device = null;

  /** Why this browser cannot do it, or null. */
  static async obstacle() {
    if (!window.isSecureContext) return "insecure";
    if (!navigator.bluetooth) return "unsupported";
    try {
      await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    } catch {
      return "too_old";
    }
    return null;
  }

  /** Another door may be another lock: let its visitor choose anew. */
  forget() {
    this.#device = null;
  }

  /** The lock's answer. `make` gives the frames for an exchange; `step` hears how far it is. Throws `Obstacle`. */
  async ask(make, step) {
    step("looking");
    const device = await this.#choose();
    try {
      const server = await this.#connect(device);
      step("asking");
      return await timely(this.#over(server, make), ANSWER_MS, "no_answer");
    } catch (error) {
      throw error instanceof Obstacle ? error : obstacle_of(error);
    } finally {
      device.gatt.disconnect();
    }
  }

  async #choose() {
    if (this.#device) return this.#device;
    if ((await navigator.bluetooth.getAvailability?.()) === false) throw new Obstacle("bluetooth_away");
    try {
      this.#device = await navigator.bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
    } catch (error) {
      throw error.name === "NotFoundError" ? new Obstacle("not_chosen") : obstacle_of(error);
    }
    return this.#device;
  }

  async #connect(device) {
    try {
      return await timely(device.gatt.connect(), CONNECT_MS, "out_of_range");
    } catch {
      // Phones often fail at the first try, and not at the second.
      try {
        return await timely(device.gatt.connect(), CONNECT_MS, "out_of_range");
      } catch {
        this.forget();
        throw new Obstacle("out_of_range");
      }
    }
  }

  async #over(server, make) {
    const service = await server.getPrimaryService(SERVICE);
    const [hello, request, answer] = await Promise.all([HELLO, REQUEST, ANSWER].map((id) => service.getCharacteristic(id)));
    const frames = [];
    let wake = () => {};
    const heard = (event) => {
      const { buffer, byteOffset, byteLength } = event.target.value;
      frames.push(new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength)));
      wake();
    };
    let gone = null;
    const left = () => {
      gone = new Obstacle("out_of_range");
      wake();
    };
    answer.addEventListener("characteristicvaluechanged", heard);
    server.device?.addEventListener("gattserverdisconnected", left);
    try {
      await answer.startNotifications();
      const value = await hello.readValue();
      const raw = new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
      const exchange = await Exchange.begin(raw);
      for (const frame of await make(exchange)) await request.writeValueWithResponse(frame);
      for (;;) {
        while (frames.length) {
          const told = await exchange.take(frames.shift());
          if (told) return told;
        }
        if (gone) throw gone;
        await new Promise((resolve) => { wake = resolve; });
      }
    } catch (error) {
      if (error instanceof Malformed) return { fault: error.fault, seconds: 0 };
      throw error;
    } finally {
      answer.removeEventListener("characteristicvaluechanged", heard);
      server.device?.removeEventListener("gattserverdisconnected", left);
    }
  }
}

async function timely(work, ms, name) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Obstacle(name)), ms); });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function obstacle_of(error) {
  const names = { SecurityError: "not_allowed", NotAllowedError: "not_allowed", NotSupportedError: "out_of_range",
    NetworkError: "out_of_range", NotFoundError: "no_lock", InvalidStateError: "out_of_range" };
  return new Obstacle(names[error.name] ?? "out_of_range");
}
