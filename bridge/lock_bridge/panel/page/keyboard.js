// Digits on the keyboard are digits on the keypad, Enter confirms, Backspace goes back; held as long as there.

const NAMED = { Enter: "ok", Backspace: "back", "#": "ok", "*": "back" };

/** `keypad` has `has`, `down` and `up` for keys by their names. */
export function typeOnKeypad(keypad) {
  const held = new Map();
  const keyOf = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return null;
    return /^[0-9]$/.test(event.key) ? event.key : (NAMED[event.key] ?? null);
  };
  const busy = (event) =>
    event.target.closest("input, select, textarea") || (event.key === "Enter" && event.target.closest("button, a, [role=tab], summary"));
  addEventListener("keydown", (event) => {
    const key = keyOf(event);
    if (!key || event.repeat || busy(event) || !keypad.has(key)) return;
    event.preventDefault();
    held.set(event.code, key);
    keypad.down(key);
  });
  const release = (code) => {
    const key = held.get(code);
    if (key === undefined) return;
    held.delete(code);
    keypad.up(key);
  };
  addEventListener("keyup", (event) => release(event.code));
  addEventListener("blur", () => [...held.keys()].forEach(release));
}
