// The visitor's end of one request, as lock_bridge/ble/codec.py and visitor.py have it: docs/protocol.md.

class Malformed extends Error {
  constructor(what, fault = 2) {
    super(what);
    this.fault = fault;
  }
}

const text_bytes = (text) => new TextEncoder().encode(text);

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** The id and the key in what a visitor was handed, however it is spaced; null if it is none. */
async function read_key(text) {
  const signs = text.toUpperCase().replace(/[\s-]/g, "");
  if (!/^[A-Z2-7]{40}$/.test(signs)) return null;
  const raw = new Uint8Array(25);
  let bits = 0, held = 0, place = 0;
  for (const sign of signs) {
    held = (held << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      raw[place++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  const body = raw.slice(0, 24);
  return (await sha256(body))[0] === raw[24] ? { id: body.slice(0, 8), key: body.slice(8) } : null;
}

const is_name = (name) => [...name].length <= 40 && /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(name) && name.trim() !== "";

const HELLO_BYTES = 53;
const LABEL = text_bytes("lock-bridge ble/1\0");

class Exchange {
  /** One request and its answer, over a hello. */
  static async begin(hello) {
    if (hello.length && hello[0] !== 1) throw new Malformed("another version", 1);
    if (hello.length !== HELLO_BYTES) throw new Malformed("not a hello");
    const view = new DataView(hello.buffer, hello.byteOffset, hello.length);
    const own = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    const phone = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
    const lock = await crypto.subtle.importKey("raw", hello.slice(21), { name: "X25519" }, false, []);
    const shared = await crypto.subtle.deriveBits({ name: "X25519", public: lock }, own.privateKey, 256);
    const exchange = new Exchange();
    exchange.session = view.getUint16(1);
    exchange.size = view.getUint16(3);
    if (exchange.size < 20) throw new Malformed("frames of no use");
    exchange.phone = phone;
    exchange.challenge = await sha256(joined(LABEL, hello, phone));
    const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
    const info = text_bytes("lock-bridge ble/1 keys");
    const bits = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: exchange.challenge, info }, base, 512);
    const key = (from, use) => crypto.subtle.importKey("raw", bits.slice(from, from + 32), "AES-GCM", false, [use]);
    exchange.up = await key(0, "encrypt");
    exchange.down = await key(32, "decrypt");
    exchange.parts = [];
    return exchange;
  }

  /** Frames that give the lock's pairing code. */
  pair(phone, code) {
    const digits = text_bytes(code);
    return this.#frames(joined([1], this.#who(phone), [digits.length], digits));
  }

  /** Frames that show a key; `counter` is more than ever before. */
  async act(phone, operation, key, counter) {
    const count = new Uint8Array(8);
    new DataView(count.buffer).setBigUint64(0, BigInt(counter));
    const shown = joined(text_bytes("lock-bridge ble\0"), text_bytes(`${operation}\0`), count, this.challenge);
    const hmac = await crypto.subtle.importKey("raw", key.key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const proof = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, shown));
    return this.#frames(joined([operation === "unlock" ? 2 : 3], this.#who(phone), key.id, count, proof));
  }

  /** A frame that was notified; the answer if it is whole: {word} or {fault, seconds}, {} for done. */
  async take(frame) {
    if (frame.length < 3 || ((frame[0] << 8) | frame[1]) !== this.session) return null;
    if ((frame[2] & 0x7f) !== this.parts.length) throw new Malformed("a frame is missing");
    this.parts.push(frame.slice(3));
    if (!(frame[2] & 0x80)) return null;
    const message = joined(...this.parts);
    if (message[0] === 1 && message.length === 4) {
      return { fault: message[1], seconds: (message[2] << 8) | message[3] };
    }
    if (message[0] !== 0) throw new Malformed("not an answer");
    const plain = await crypto.subtle
      .decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, this.down, message.slice(1))
      .catch(() => { throw new Malformed("not sealed by this lock"); });
    const word = new TextDecoder().decode(plain).replace(/\0+$/, "");
    return word ? { word } : {};
  }

  #who(phone) {
    const name = text_bytes(phone.name);
    return joined(phone.secret, [name.length], name);
  }

  async #frames(plain) {
    // Each key seals one message only, so that its nonce may be nothing.
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, this.up, plain);
    const message = joined([1], this.phone, new Uint8Array(sealed));
    const room = this.size - 3;
    const count = Math.ceil(message.length / room);
    return Array.from({ length: count }, (_, index) => {
      const head = [this.session >> 8, this.session & 0xff, index | (index === count - 1 ? 0x80 : 0)];
      return joined(head, message.slice(index * room, (index + 1) * room));
    });
  }
}
