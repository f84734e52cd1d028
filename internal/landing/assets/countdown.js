"use strict";
// Turns the time a page was rendered with into a running clock. Without it the
// page says the same in words.
for (const el of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(el.dataset.until);
  const clock = document.createElement("span");
  clock.className = "clock";
  const cells = el.dataset.units.split("|").map((unit) => {
    const cell = document.createElement("span");
    const number = document.createElement("b");
    const label = document.createElement("small");
    label.textContent = unit;
    cell.append(number, label);
    clock.append(cell);
    return number;
  });
  const show = () => {
    const left = Math.floor((until - Date.now()) / 1000);
    if (left <= 0) {
      clearInterval(timer);
      el.textContent = el.dataset.ended || "";
      return;
    }
    const parts = [left / 86400, (left / 3600) % 24, (left / 60) % 60, left % 60];
    cells.forEach((cell, i) => {
      const text = String(Math.floor(parts[i])).padStart(2, "0");
      if (cell.textContent !== text) cell.textContent = text;
    });
  };
  const timer = setInterval(show, 1000);
  el.replaceChildren(clock);
  show();
}
