// What a person does at the wall: another screen, dark or light, tables for charts, another day, a place on the map.
const YEAR_SECONDS = 31_536_000;
const ROTATE_MS = 30_000;

export function handleView(screen_, { drawCharts, refresh }) {
  for (const tab of document.querySelectorAll("[data-scene-to]")) {
    tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(tab.dataset.sceneTo);
      history.replaceState(null, "", tab.href);
    });
  }

  function show(name) {
    for (const scene of screen_.querySelectorAll("[data-scene]")) scene.hidden = scene.dataset.scene !== name;
    for (const tab of document.querySelectorAll("[data-scene-to]")) {
      if (tab.dataset.sceneTo === name) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
    drawCharts(screen_);
    refresh();
  }

  rotate(document.querySelector("[data-rotate]"), screen_, show);
  document.querySelector("[data-theme-switch]").addEventListener("click", (event) => {
    event.preventDefault();
    const isLight = document.body.classList.toggle("light");
    document.body.classList.toggle("dark", !isLight);
    document.cookie = `theme=${isLight ? "light" : "dark"}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
    drawCharts(screen_);
  });

  screen_.addEventListener("click", (event) => {
    const button = event.target.closest(".as-table");
    const cell = event.target.closest("[data-to]");
    if (button) {
      const isTable = button.closest(".panel").classList.toggle("tabled");
      button.setAttribute("aria-pressed", String(isTable));
      if (!isTable) drawCharts(screen_);
    } else if (cell) {
      location.assign(`/wall/${cell.dataset.to}${screen_.dataset.query}`);
    }
  });

  handleDays(screen_.querySelector(".days"));
}

// One screen after the other, for a wall that nobody touches; off until it is asked for.
function rotate(button, screen_, show) {
  let timer = null;
  button.addEventListener("click", () => {
    clearInterval(timer);
    timer = timer === null ? setInterval(next, ROTATE_MS) : null;
    button.setAttribute("aria-pressed", String(timer !== null));
  });

  function next() {
    const scenes = [...screen_.querySelectorAll("[data-scene]")];
    const at = scenes.findIndex((scene) => !scene.hidden);
    show(scenes[(at + 1) % scenes.length].dataset.scene);
  }
}

// The slider moves over days; the page of a day comes when it is let go.
function handleDays(form) {
  const range = form.querySelector("input[type=range]");
  const told = form.querySelector("time");
  const here = form.querySelector(".here");
  const day = () => {
    const first = new Date(`${form.dataset.first}T00:00:00Z`);
    first.setUTCDate(first.getUTCDate() + Number(range.value));
    return first.toISOString().slice(0, 10);
  };
  range.addEventListener("input", () => {
    told.textContent = day();
    range.setAttribute("aria-valuetext", day());
    here.setAttribute("x", range.value);
  });
  range.addEventListener("change", () => go(day()));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = form.querySelector("input[type=date]").value;
    if (chosen) go(chosen);
  });

  function go(chosen) {
    const address = new URL(location.href);
    if (chosen === form.dataset.last) address.searchParams.delete("day");
    else address.searchParams.set("day", chosen);
    location.assign(address);
  }
}
