// Makes the time of countdowns tick. Without it the instant is read as text.
(() => {
  for (const element of document.querySelectorAll('.tributary-countdown[data-until]')) {
    const until = Date.parse(element.dataset.until);
    const units = (element.dataset.units ?? '').split('|');
    if (Number.isNaN(until) || units.length !== 4) continue;
    element.setAttribute('role', 'timer');
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      if (left === 0) {
        element.textContent = element.dataset.ended;
        return;
      }
      const parts = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
      const first = parts.findIndex((n) => n > 0);
      element.textContent = parts.map((n, i) => (i < first ? '' : `${n} ${units[i]}`)).filter(Boolean).join(' ');
      setTimeout(tick, 1000 - (Date.now() % 1000));
    };
    tick();
  }
})();
