// What forms do beyond HTML: a draft stays until its receipt comes and is sent again once there is a network, the time
// is that of sending, photos are made smaller, a place is filled in when asked for. Without any of it forms work too.
(() => {
  "use strict";
  const PREFIX = "shanzhi draft ", DAYS = 7, PHOTO_PIXELS = 2560, PHOTO_BYTES = 1500000;
  const known = new WeakMap();

  const keyOf = (form) => PREFIX + form.getAttribute("action") + " " + (form.elements.subject?.value ?? "");
  const storage = (act) => { try { return act(localStorage); } catch { return null; } };  // full, or not allowed
  const draftOf = (form) => storage((kept) => JSON.parse(kept.getItem(keyOf(form)) ?? "null"));
  const drop = (key) => storage((kept) => kept.removeItem(key));
  const say = (form, text) => { const place = form.querySelector(".sending"); if (place) place.textContent = text; };

  function inputsOf(form) {
    return [...new FormData(form)].filter(([name, told]) => name !== "csrf" && typeof told === "string");
  }

  function keep(form, isPending) {
    const draft = { at: Date.now(), owner: form.dataset.owner, isPending, inputs: inputsOf(form) };
    storage((kept) => kept.setItem(keyOf(form), JSON.stringify(draft)));
  }

  // The time of sending, counted from when the form was drawn; kept as it is once an outcome is unknown.
  function setTime(form) {
    const { drawn, at } = known.get(form) ?? {};
    if (!drawn || "frozen" in form.dataset) return;
    form.elements._time.value = new Date(drawn + performance.now() - at).toISOString().replace(/\.\d+Z$/, "Z");
  }

  function restore(form, draft) {
    const values = { csrf: form.elements.csrf.value, _again: "1" };
    for (const [name, told] of draft.inputs) (values[name] ??= []).push?.(told);
    htmx.ajax("POST", form.getAttribute("action"), { target: form.closest("section"), swap: "outerHTML", values });
  }

  function offer(form, draft) {
    const bar = document.createElement("p"), put = document.createElement("button"), away = document.createElement("button");
    bar.className = "draft";
    bar.append(form.dataset.unsent, put, away);
    for (const [button, text] of [[put, form.dataset.restore], [away, form.dataset.discard]]) {
      Object.assign(button, { type: "button", className: "quiet", textContent: text });
    }
    put.addEventListener("click", () => restore(form, draft));
    away.addEventListener("click", () => { drop(keyOf(form)); bar.remove(); });
    form.before(bar);
  }

  function meet(form) {
    if (known.has(form)) return;
    known.set(form, { drawn: Date.parse(form.elements._time.value), at: performance.now() });
    for (const button of form.querySelectorAll("[data-here]")) button.hidden = !("geolocation" in navigator);
    if (!("draft" in form.dataset)) return;
    const draft = draftOf(form);
    if (!draft) return;
    const isOld = Date.now() - draft.at > DAYS * 86400000 || draft.owner !== form.dataset.owner;
    if (isOld) drop(keyOf(form));
    else if (draft.inputs.some(([name, told]) => name === "_id" && told === form.elements._id.value)) keep(form, false);  // an answer came
    else offer(form, draft);
  }

  async function smaller(file) {
    if (file.size < PHOTO_BYTES || !["image/jpeg", "image/png", "image/webp"].includes(file.type)) return file;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, PHOTO_PIXELS / Math.max(picture.width, picture.height));
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width * scale, height: picture.height * scale });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
    } catch { return file; }  // no picture: the server says so
  }

  async function shrink(input) {
    const files = new DataTransfer();
    for (const file of input.files) files.items.add(await smaller(file));
    input.files = files.files;
  }

  function locate(button) {
    const [longitude, latitude] = ["longitude", "latitude"].map((name) => button.closest("fieldset").querySelector(`[name$=".${name}"]`));
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      longitude.value = coords.longitude.toFixed(6);
      latitude.value = coords.latitude.toFixed(6);
      longitude.dispatchEvent(new Event("input", { bubbles: true }));
    }, () => { button.textContent = button.dataset.failed; }, { enableHighAccuracy: true, timeout: 10000 });
  }

  const forms = (within) => within.querySelectorAll("form[method=post][action^='/forms/']");
  const greet = (within) => forms(within).forEach(meet);
  let typing = 0;

  document.addEventListener("input", ({ target }) => {
    const form = target.closest?.("form[data-draft]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => keep(form, false), 400);
  });
  document.addEventListener("change", ({ target }) => { if (target.matches?.("form[data-draft] input[type=file]")) shrink(target); });
  document.addEventListener("click", ({ target }) => { if (target.matches?.("[data-here]")) locate(target); });
  document.addEventListener("submit", ({ target, submitter }) => {
    if (!target.matches("form[action^='/forms/']") || submitter?.name) return;
    setTime(target);
    if ("draft" in target.dataset) { clearTimeout(typing); keep(target, true); say(target, target.dataset.sending); }
  }, true);
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, ({ target, detail }) => {
      if (!target.matches?.("form[data-draft]")) return;  // a search that fails says nothing
      if (detail.xhr?.status === 413) return say(target, target.dataset.large);
      target.dataset.frozen = "";
      say(target, navigator.onLine ? target.dataset.failed : target.dataset.offline);
    });
  }
  window.addEventListener("online", () => {
    for (const form of document.querySelectorAll("form[data-draft]")) if (draftOf(form)?.isPending) form.requestSubmit();
  });
  document.addEventListener("htmx:load", ({ target }) => {
    const received = target.matches?.("[data-received]") ? target : target.querySelector?.("[data-received]");
    if (received) forget(received);
    else if (target !== document.body) target.querySelector?.("[role=alert], .wrong")?.closest("section")?.querySelector("h1")?.focus();
    greet(target.parentElement ?? document);
  });

  function forget(received) {
    const id = received.dataset.received;
    storage((kept) => Object.keys(kept).filter((key) => key.startsWith(PREFIX) && kept.getItem(key).includes(`["_id","${id}"]`)).forEach(drop));
  }

  document.querySelectorAll("[data-received]").forEach(forget);
  greet(document);
})();
