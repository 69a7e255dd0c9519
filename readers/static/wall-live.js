// News: the server says that the tables moved, and what is on the screen is asked for again, panel by panel, the visible
// ones only and none more often than it says itself. Without news for ten seconds everything is marked as not new.
const STALE_MS = 10_000;
const TICK_MS = 100;
const AGAIN_MS = 60_000; // what is late becomes so without an event
const SIDE_BY_SIDE = 3;
const RECONNECT_MS = 3_000;

export function listen(screen_, drawCharts) {
  const isLive = screen_.dataset.isLive === "true";
  const fresh = document.getElementById("fresh");
  const state = { heardAt: Date.now(), isOpen: false, hasKafka: !screen_.classList.contains("stale"), told: null, since: Date.now() };
  const asked = new Map(); // panel name -> { at, tag, running, dirty }
  const of = (name) => asked.get(name) ?? asked.set(name, { at: 0, tag: null, running: false, dirty: false }).get(name);
  const panels = () => [...screen_.querySelectorAll("[data-panel]")];
  const isVisible = (panel) => panel.offsetParent !== null;
  const mark = () => panels().forEach((panel) => (of(panel.dataset.panel).dirty = true));

  panels().filter((panel) => "waiting" in panel.dataset).forEach((panel) => (of(panel.dataset.panel).dirty = true));
  connect();
  setInterval(turn, TICK_MS);
  setInterval(mark, AGAIN_MS);
  setInterval(show, 1_000);

  function connect() {
    const source = new EventSource("/api/v1/changes");
    const hear = ({ data, type }) => {
      const told = JSON.parse(data);
      const wasStale = isStale();
      Object.assign(state, { heardAt: Date.now(), isOpen: true, hasKafka: told.lag_records !== null, told });
      if ((type === "change" && isLive) || wasStale) mark();
      show();
    };
    source.addEventListener("change", hear);
    source.addEventListener("beat", hear);
    source.addEventListener("open", () => (state.isOpen = true));
    source.addEventListener("error", () => {
      state.isOpen = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RECONNECT_MS);
    });
  }

  const isQuiet = () => Date.now() - state.heardAt > STALE_MS;
  const isStale = () => isQuiet() || !state.hasKafka;

  function show() {
    const texts = fresh.dataset;
    const stale = isStale();
    screen_.classList.toggle("stale", stale);
    fresh.classList.toggle("away", stale);
    fresh.classList.toggle("live", !stale && state.told !== null);
    const why = isQuiet() ? (state.isOpen ? texts.postgres : texts.away) : texts.kafka;
    const line = stale ? `${why} · ${texts.stale}` : state.told ? news(state.told, texts) : null;
    const place = fresh.querySelector(".told");
    if (line !== null && place.textContent !== line) place.textContent = line;
  }

  // The nearest of what may be asked for again is asked.
  function turn() {
    const now = Date.now();
    const running = [...asked.values()].filter((one) => one.running).length;
    const due = panels().filter((panel) => {
      const one = of(panel.dataset.panel);
      return one.dirty && !one.running && isVisible(panel) && now - one.at >= Number(panel.dataset.seconds) * 1000;
    });
    due.slice(0, Math.max(0, SIDE_BY_SIDE - running)).forEach((panel) => ask(panel.dataset.panel));
  }

  async function ask(name) {
    const one = of(name);
    Object.assign(one, { dirty: false, running: true, at: Date.now() });
    try {
      const headers = one.tag ? { "If-None-Match": one.tag } : {};
      const answer = await fetch(`${screen_.dataset.base}/panel/${name}${screen_.dataset.query}`, { headers, cache: "no-store" });
      if (answer.ok) {
        one.tag = answer.headers.get("etag");
        put(name, await answer.text());
      } else if (answer.status >= 500) {
        one.dirty = true;
      }
    } catch {
      one.dirty = true; // not connected: once there is news, or the second after the next
    } finally {
      one.running = false;
    }
  }

  function put(name, html) {
    const made = new DOMParser().parseFromString(html, "text/html").querySelector("[data-panel]");
    if (!made) return;
    for (const old of screen_.querySelectorAll(`[data-panel="${name}"]`)) replace(old, made.cloneNode(true));
    if ("waiting" in made.dataset) of(name).dirty = true;
  }

  function replace(old, made) {
    const before = new Map([...old.querySelectorAll("[data-number]")].map((one) => [one.dataset.number, one.textContent]));
    for (const one of made.querySelectorAll("[data-number]")) {
      const was = before.get(one.dataset.number);
      if (was !== undefined && was !== one.textContent) one.classList.add("changed");
    }
    if (old.classList.contains("tabled")) {
      made.classList.add("tabled");
      made.querySelector(".as-table")?.setAttribute("aria-pressed", "true");
    }
    const chart = old.querySelector(".chart");
    if (chart) made.querySelector(".chart")?.replaceWith(chart); // what was drawn moves on, and does not flicker
    const href = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceWith(made);
    if (href) [...made.querySelectorAll("a")].find((link) => link.getAttribute("href") === href)?.focus();
    drawCharts(made);
  }

  return () => turn();
}

function news(told, texts) {
  const parts = [texts.live];
  if (told.newest_time) parts.push(`${texts.newest} ${shanghai(told.newest_time)}`);
  if (told.lag_records) parts.push(`${texts.lag} ${told.lag_records}`);
  if (told.missed_publishers) parts.push(`${texts.missed} ${told.missed_publishers}`);
  return parts.join(" · ");
}

// `21:34` of today, else with its day.
function shanghai(time) {
  const format = (options) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", ...options });
  const day = format({ dateStyle: "short" });
  const clock = format({ timeStyle: "short" }).format(new Date(time));
  const told = day.format(new Date(time));
  return told === day.format(new Date()) ? clock : `${told} ${clock}`;
}
