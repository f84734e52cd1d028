// Amounts stay the decimal strings that the API sent: Intl formats them exactly,
// and nothing here adds, subtracts or rounds money.

export type Money = { amount: string; currency: string };

const locale = 'en-US';

// The zone of the shop: its days are the days of everything that is shown. Until
// it is known, the browser's.
let zone: string | undefined;

export function setZone(z: string): void {
  zone = z;
}

export function money(m: Money): string {
  const f = new Intl.NumberFormat(locale, { style: 'currency', currency: m.currency, currencyDisplay: 'code', minimumFractionDigits: decimals(m.amount) });
  const text = f.format(m.amount as Intl.StringNumericLiteral).replace(/\u00a0/g, ' ');
  const code = m.currency + ' ';
  const bare = text.replace(code, '').replace('-', '−');
  return `${bare} ${m.currency}`;
}

// decimals keeps as many places as the API sent.
function decimals(amount: string): number {
  const dot = amount.indexOf('.');
  return dot < 0 ? 0 : amount.length - dot - 1;
}

export function isZero(m: Money): boolean {
  return /^-?0*(\.0*)?$/.test(m.amount);
}

export function isNegative(m: Money): boolean {
  return m.amount.startsWith('-') && !isZero(m);
}

export function count(n: number): string {
  return new Intl.NumberFormat(locale).format(n);
}

// decimal formats a decimal string of the API with thousands separators.
export function decimal(value: string): string {
  const places = decimals(value);
  return new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places })
    .format(value as Intl.StringNumericLiteral)
    .replace('-', '−');
}

export function dateTime(iso: string | undefined): string {
  if (!iso) return '–';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(new Date(iso));
}

export function date(iso: string | undefined): string {
  if (!iso) return '–';
  // A date alone is a day of the shop's calendar and no instant: it does not move with the zone.
  const day = /^\d{4}-\d{2}-\d{2}$/.test(iso);
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: day ? 'UTC' : zone }).format(new Date(iso));
}

export function month(period: string): string {
  return new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(period + '-01T00:00:00Z'));
}

export function ago(iso: string, now: number): string {
  const s = Math.round((now - Date.parse(iso)) / 1000);
  const f = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  if (Math.abs(s) < 60) return s < 5 ? 'just now' : f.format(-s, 'second');
  if (Math.abs(s) < 3600) return f.format(-Math.round(s / 60), 'minute');
  if (Math.abs(s) < 86400) return f.format(-Math.round(s / 3600), 'hour');
  return f.format(-Math.round(s / 86400), 'day');
}

// words makes "not_order" readable.
export function words(code: string): string {
  return code.replace(/_/g, ' ');
}
