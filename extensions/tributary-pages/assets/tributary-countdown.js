// Makes the time of a countdown tick. Without it, or with motion reduced, the
// instant it runs to is read as text.
(() => {
  if (!window.customElements || window.customElements.get('tributary-countdown')) return;
  class Countdown extends HTMLElement {
    connectedCallback() {
      this.until = Date.parse(this.dataset.until);
      this.units = (this.dataset.units ?? '').split('|');
      if (Number.isNaN(this.until) || this.units.length !== 4) return;
      this.setAttribute('role', 'timer');
      this.tick();
    }
    disconnectedCallback() {
      clearTimeout(this.timer);
    }
    tick() {
      const left = Math.max(0, Math.ceil((this.until - Date.now()) / 1000));
      if (left === 0) {
        this.textContent = this.dataset.ended || this.dataset.over || '';
        return;
      }
      const parts = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
      const first = parts.findIndex((n) => n > 0);
      this.textContent = parts.map((n, i) => (i < first ? '' : `${n} ${this.units[i]}`)).filter(Boolean).join(' ');
      this.timer = setTimeout(() => this.tick(), 1000 - (Date.now() % 1000));
    }
  }
  window.customElements.define('tributary-countdown', Countdown);
})();
