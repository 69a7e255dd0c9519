// Shows the types whose line holds every word that is typed. Without it the whole list stays.
"use strict";
const input = document.getElementById("search");
const types = [...document.querySelectorAll(".types li")].map((li) => [li, li.textContent.toLowerCase()]);
function show() {
  const words = input.value.toLowerCase().split(/\s+/);
  for (const [li, line] of types) li.hidden = !words.every((word) => line.includes(word));
  for (const family of document.querySelectorAll(".family"))
    family.hidden = !family.querySelector("li:not([hidden])");
  document.getElementById("nothing").hidden = types.some(([li]) => !li.hidden);
}
input.closest("label").hidden = false;
input.addEventListener("input", show);
show();
