// The plain portal: it signs people in and shows what the portal's API tells.
'use strict';
(() => {
  const api = '/portal/v1';
  const shown = document.getElementById('shown');
  const said = document.getElementById('said');
  const title = document.querySelector('h1');
  let csrf = '';

  const make = (tag, attributes, ...children) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes || {})) {
      if (k.startsWith('on')) e.addEventListener(k.slice(2), v); else e.setAttribute(k, v);
    }
    e.append(...children);
    return e;
  };

  const call = async (method, path, body) => {
    const answer = await fetch(api + path, {
      method, credentials: 'same-origin',
      headers: Object.assign({ Accept: 'application/json' }, body ? { 'Content-Type': 'application/json' } : {}, csrf ? { 'X-CSRF-Token': csrf } : {}),
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(text.detail || 'Something went wrong.'), { code: text.code, status: answer.status });
    return text;
  };

  const view = (name, ...children) => {
    title.textContent = name;
    document.title = name;
    shown.replaceChildren(...children);
    title.focus();
  };
  const tell = (text) => { said.textContent = text || ''; };

  // form is fields with labels, and what happens with them.
  const form = (fields, button, act) => {
    const f = make('form', {});
    for (const x of fields) {
      f.append(make('p', {}, make('label', { for: x.name }, x.label), make('input', Object.assign({ id: x.name, name: x.name, required: '' }, x.attributes))));
    }
    f.append(make('p', {}, make('button', { type: 'submit' }, button)));
    f.addEventListener('submit', async (event) => {
      event.preventDefault();
      tell('');
      const b = f.querySelector('button');
      b.disabled = true;
      try { await act(Object.fromEntries(new FormData(f))); } catch (e) { tell(e.message); } finally { b.disabled = false; }
    });
    return f;
  };

  const askFirst = () => view('Sign in', form(
    [{ name: 'email', label: 'Your e-mail address', attributes: { type: 'email', autocomplete: 'email' } }], 'Send me a link',
    async (v) => { tell((await call('POST', '/sign-in', { email: v.email })).message); askCode(); }));

  const askCode = () => view('Look into your mail', make('p', {}, 'Open the link in this browser, or type the six digits of the mail:'), form(
    [{ name: 'code', label: 'Code', attributes: { inputmode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}' } }], 'Sign in',
    async (v) => { await call('POST', '/sign-in/code', { code: v.code }); await home(); }),
  make('p', {}, make('button', { type: 'button', onclick: askFirst }, 'Ask for another mail')));

  // The link of the mail signs in when the person says so: programs that open
  // the links of mails do not.
  const enter = (token) => view('Sign in', form([], 'Sign in', async () => {
    try { await call('POST', '/sign-in/link', { token }); } catch (e) {
      if (e.code === 'other_browser') { askCode(); }
      throw e;
    }
    history.replaceState(null, '', '/portal');
    await home();
  }));

  const money = (m) => m.amount + ' ' + m.currency;
  const when = (t) => t ? new Date(t).toLocaleString() : '';
  const table = (caption, head, rows) => {
    const t = make('table', {}, make('caption', {}, caption), make('thead', {}, make('tr', {}, ...head.map((h) => make('th', { scope: 'col' }, h)))));
    t.append(make('tbody', {}, ...rows.map((r) => make('tr', {}, ...r.map((c) => make('td', {}, c))))));
    return t;
  };

  const home = async () => {
    const me = await call('GET', '/me');
    csrf = me.csrf_token;
    const parts = [make('p', { class: 'soft' }, 'Signed in as ' + me.email)];
    for (const shop of me.shops) parts.push(await section(shop));
    parts.push(make('p', {}, make('button', { type: 'button', onclick: async () => { await call('POST', '/sign-out', {}); csrf = ''; askFirst(); } }, 'Sign out')));
    view('Your earnings', ...parts);
  };

  const section = async (shop) => {
    const at = '/shops/' + shop.id;
    const [today, balances, earnings, months, agreements] = await Promise.all(
      ['/today', '/balances', '/earnings?limit=20', '/statements', '/agreements'].map((p) => call('GET', at + p)));
    const s = make('section', { 'aria-label': shop.name }, make('h2', {}, shop.name),
      make('p', {}, `Today: ${today.clicks} clicks, ${today.orders} sales, ` + (today.sums.map((x) => money(x.earned)).join(', ') || 'nothing') + ' earned.'));
    for (const b of balances.data) {
      s.append(make('p', {}, `Yours: ${money(b.payable)}. In hold: ${money(b.pending)}. Being paid: ${money(b.clearing)}. Paid: ${money(b.paid)}.`));
    }
    for (const a of agreements.data) {
      const v = a.versions[a.versions.length - 1];
      if (v.state !== 'offered' || v.signatures.some((x) => x.party === 'influencer')) continue;
      s.append(make('h3', {}, 'An agreement waits for you'), make('p', {}, make('a', { href: api + at + '/agreements/' + a.id + '/pdf' }, 'Read it (PDF)'), ' Hash: ', make('code', {}, v.hash)),
        form([{ name: 'signer', label: 'Your name' }, { name: 'consent', label: 'I have read the terms and want to be bound by them', attributes: { type: 'checkbox' } }], 'Sign',
          async (f) => { await call('POST', at + '/agreements/' + a.id + '/sign', { signer: f.signer, consent: f.consent === 'on', hash: v.hash }); tell('Signed.'); await home(); }));
    }
    s.append(table('Earnings', ['From', 'Amount', 'State', 'Payable from'], earnings.data.map((e) => [e.order || e.kind, money(e.amount), e.explained, when(e.release_at)])));
    if (months.data.length) {
      s.append(table('Statements', ['Month', 'Paid', 'Files'], months.data.map((x) => {
        const file = (format) => make('a', { href: `${api}${at}/statement?period=${x.period}&currency=${x.pay.currency}&format=${format}` }, format.toUpperCase());
        return [x.period, money(x.pay), make('span', {}, file('pdf'), ' ', file('csv'))];
      })));
    }
    return s;
  };

  const token = decodeURIComponent(location.hash.slice(1));
  if (location.pathname === '/portal/enter' && token) { enter(token); return; }
  home().catch((e) => { if (e.status !== 401) tell(e.message); askFirst(); });
})();
