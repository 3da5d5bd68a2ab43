// What is to be seen and pressed.

const at = (id) => document.getElementById(id);
const store = new Store(/Android/.test(navigator.userAgent) ? "Android" : /iPhone|iPad/.test(navigator.userAgent) ? "iPhone" : "Browser");
const radio = new Radio();
let texts = GIVEN.texts.en;
let entering = false;
let working = false;
let said = null;

const text = (name) => texts[name] ?? GIVEN.texts.en[name] ?? name;

function language_of_browser() {
  for (const wanted of navigator.languages ?? [navigator.language]) {
    const short = wanted.toLowerCase().split("-")[0];
    const code = short === "no" || short === "nn" ? "nb" : short;
    if (code in GIVEN.languages) return code;
  }
  return "en";
}

function speak(code) {
  texts = GIVEN.texts[code];
  document.documentElement.lang = code;
  document.title = text("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  at("language").value = code;
  draw();
}

function draw() {
  const door = store.door;
  const enters = entering || !door;
  at("enter").hidden = !enters;
  at("back").hidden = !door;
  at("at-door").hidden = at("first").hidden = at("more").hidden = enters;
  at("said").hidden = enters && !said;
  if (door) at("door").textContent = door.name || text("door");
  at("choice").hidden = store.doors.length < 2;
  at("doors").replaceChildren(...store.doors.map((one, index) => new Option(one.name || `${text("door")} ${index + 1}`, index)));
  at("doors").value = store.doors.indexOf(door);
  for (const button of document.querySelectorAll("main button")) button.disabled = working;
  const line = at("said");
  line.className = said?.kind ?? "";
  line.textContent = said ? said.tell() : "";
}

function say(kind, tell) {
  said = kind && { kind, tell };
  draw();
}

/** Why the lock has not done it. */
function reason(answer) {
  if (answer.fault !== undefined) {
    const told = texts.faults[answer.fault] ?? texts.faults[2];
    return told.replace("{seconds}", answer.seconds);
  }
  return texts.words[answer.word] ?? texts.other;
}

async function ask(make, done) {
  if (working) return;
  working = true;
  try {
    const answer = await radio.ask(make, (step) => say("busy", () => text(step)));
    if (answer.fault === undefined && answer.word === undefined) {
      say("good", () => text(done));
      return true;
    }
    if (answer.word === "unknown_credential") at("first").open = true;
    say("bad", () => reason(answer));
  } catch (error) {
    say("bad", () => text(error instanceof Obstacle ? error.name : "out_of_range"));
  } finally {
    working = false;
    draw();
  }
  return false;
}

const act = (operation, done) => ask(async (exchange) => {
  const key = await read_key(store.door.key);
  return exchange.act(store.phone, operation, key, store.next_counter());
}, done);

at("unlock").addEventListener("click", () => act("unlock", "opened"));
at("lock").addEventListener("click", () => act("lock", "locked"));

at("pair").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = at("code").value.replace(/\D/g, "");
  const name = at("phone").value.trim();
  if (code.length !== 6) return say("bad", () => text("bad_code"));
  if (!is_name(name)) return say("bad", () => text("bad_name"));
  store.rename(name);
  if (await ask((exchange) => exchange.pair(store.phone, code), "paired")) {
    at("code").value = "";
    at("first").open = false;
  }
});

at("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = from_link(at("key").value) ?? { key: at("key").value, name: "" };
  if (!(await read_key(given.key))) {
    at("key-wrong").textContent = text("bad_key");
    at("key").setAttribute("aria-invalid", "true");
    at("key").focus();
    return;
  }
  take(given.key, at("called").value.trim() || given.name);
});

at("key").addEventListener("input", () => {
  at("key-wrong").textContent = "";
  at("key").removeAttribute("aria-invalid");
});

at("another").addEventListener("click", () => {
  entering = true;
  say(null);
  at("key").focus();
});

at("back").addEventListener("click", () => {
  entering = false;
  draw();
});

at("doors").addEventListener("change", () => {
  store.choose(Number(at("doors").value));
  radio.forget();
  say(null);
});

at("remove").addEventListener("click", () => {
  at("sure-text").textContent = text("sure").replace("{door}", store.door.name || text("door"));
  at("sure").returnValue = "no";
  at("sure").showModal();
});

at("sure").addEventListener("close", () => {
  if (at("sure").returnValue !== "yes") return;
  store.remove();
  radio.forget();
  say(null);
});

at("language").addEventListener("change", () => {
  store.speak(at("language").value);
  speak(at("language").value);
});

function take(key, name) {
  store.keep(key, name);
  radio.forget();
  entering = false;
  at("key").value = at("called").value = "";
  say(store.lasts ? null : "bad", () => text("not_kept"));
}

/** The key in a link to this page: behind the #, which browsers send to nobody. */
function from_link(link) {
  const hash = link.includes("#") ? link.slice(link.indexOf("#") + 1) : "";
  if (!hash) return null;
  const given = new URLSearchParams(hash.includes("=") ? hash : `key=${hash}`);
  return { key: given.get("key") ?? "", name: (given.get("door") ?? "").slice(0, 40) };
}

async function arrive() {
  const given = from_link(location.hash);
  if (!given) return;
  history.replaceState(null, "", location.pathname + location.search); // it is to stay out of the history
  if (await read_key(given.key)) take(given.key, given.name);
  else say("bad", () => text("bad_link"));
}

window.addEventListener("hashchange", arrive);
for (const [code, name] of Object.entries(GIVEN.languages)) at("language").add(new Option(name, code));
at("phone").value = store.phone.name;
speak(store.language in GIVEN.languages ? store.language : language_of_browser());
arrive();
Radio.obstacle().then((name) => {
  if (!name) return;
  const notice = at("obstacle");
  notice.dataset.text = name;
  notice.textContent = text(name);
  notice.hidden = false;
});
