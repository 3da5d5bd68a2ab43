// The lock's voice: tones by Web Audio, prompts by the browser's speech. Silent until the page has been touched once.

const TONES = {
  key: [[1900, 0, 0.045, "square", 0.05]],
  success: [
    [1047, 0, 0.11, "sine", 0.2],
    [1319, 0.1, 0.11, "sine", 0.2],
    [1568, 0.2, 0.26, "sine", 0.2],
  ],
  failure: [
    [240, 0, 0.13, "square", 0.07],
    [240, 0.2, 0.13, "square", 0.07],
    [240, 0.4, 0.13, "square", 0.07],
  ],
  doorbell: [
    [659, 0, 1.1, "sine", 0.32],
    [1318, 0, 0.6, "sine", 0.08],
    [523, 0.55, 1.6, "sine", 0.32],
    [1046, 0.55, 0.8, "sine", 0.08],
  ],
};

const VOICES = { en: "en-GB", nb: "nb-NO", sv: "sv-SE", it: "it-IT", nl: "nl-NL" };
const LOUDNESS = { high: 1, low: 0.35, mute: 0.35 };
const STORED = "lock-bridge-sound";

export class Speaker {
  #context = null;
  #siren = null;
  #on;

  constructor() {
    this.#on = stored() !== "off";
    const wake = () => {
      this.#context ??= new AudioContext();
      this.#context.resume();
    };
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, wake, { capture: true });
  }

  get on() {
    return this.#on;
  }

  set on(on) {
    this.#on = on;
    store(on ? "on" : "off");
    if (!on) {
      this.alarm(false);
      globalThis.speechSynthesis?.cancel();
    }
  }

  /** Play what was heard. */
  play(heard) {
    if (!this.#on) return;
    const loudness = LOUDNESS[heard.volume] ?? 1;
    if (heard.kind === "prompt") this.#speak(heard, loudness);
    else if (heard.kind === "hush") globalThis.speechSynthesis?.cancel();
    else for (const note of TONES[heard.what] ?? []) this.#note(note, loudness);
  }

  /** An alarm goes on until it is told to stop, and cuts what is being said. */
  alarm(sounding) {
    if (sounding && this.#on && this.#context && !this.#siren) {
      globalThis.speechSynthesis?.cancel();
      this.#siren = siren(this.#context);
    } else if (!sounding || !this.#on) {
      this.#siren?.();
      this.#siren = null;
    }
  }

  #note([pitch, start, length, shape, loudness], volume) {
    if (this.#context?.state !== "running") return;
    const at = this.#context.currentTime + start;
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness * volume, at + 0.008);
    gain.gain.exponentialRampToValueAtTime(0.0005, at + length);
    const source = new OscillatorNode(this.#context, { type: shape, frequency: pitch });
    source.connect(gain).connect(this.#context.destination);
    source.start(at);
    source.stop(at + length + 0.02);
  }

  #speak(heard, loudness) {
    const speech = globalThis.speechSynthesis;
    if (!speech || !this.#context) return;
    const saying = new SpeechSynthesisUtterance(heard.text);
    saying.lang = VOICES[heard.language] ?? heard.language;
    saying.volume = loudness;
    speech.speak(saying);
  }
}

function siren(context) {
  const gain = new GainNode(context, { gain: 0.12 });
  const source = new OscillatorNode(context, { type: "sawtooth", frequency: 950 });
  const sweep = new OscillatorNode(context, { frequency: 3.2 });
  const depth = new GainNode(context, { gain: 320 });
  sweep.connect(depth).connect(source.frequency);
  source.connect(gain).connect(context.destination);
  source.start();
  sweep.start();
  return () => {
    source.stop();
    sweep.stop();
  };
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
