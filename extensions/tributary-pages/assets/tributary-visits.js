// Carries the visit of an influencer's link into the order: the click's id and
// the influencer's name go from the address into the cart's attributes, once the
// visitor allows marketing. Until then nothing is kept anywhere. It also counts
// views of pages, which needs no id.
(() => {
  const element = document.getElementById('tributary-visits');
  if (!element || element.dataset.design === 'true') return;
  const root = element.dataset.root.endsWith('/') ? element.dataset.root : element.dataset.root + '/';

  // What a link of the app writes into an address.
  function visitOf(search) {
    const q = new URLSearchParams(search);
    const click = q.get('utm_id') ?? '';
    const ref = q.get('ref') ?? '';
    if (q.get('utm_medium') !== 'influencer' || !/^[A-Za-z0-9_-]{32}$/.test(click)) return null;
    return { click, ref: /^[A-Za-z0-9_-]{1,80}$/.test(ref) ? ref : '' };
  }

  // allowed is null while nobody knows.
  function allowed() {
    const privacy = window.Shopify?.customerPrivacy;
    if (!privacy || typeof privacy.marketingAllowed !== 'function') return null;
    return privacy.marketingAllowed() === true;
  }

  async function carry(visit) {
    const attributes = { _tributary_click_id: visit.click };
    if (visit.ref) attributes._tributary_ref = visit.ref;
    const send = () =>
      fetch(root + 'cart/update.js', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ attributes }),
        keepalive: true,
      });
    const answer = await send();
    if (answer.status === 429 || answer.status >= 500) {
      await new Promise((done) => setTimeout(done, 2000));
      await send();
    }
  }

  function count() {
    if (element.dataset.views !== 'true') return;
    const seen = new Set();
    for (const page of document.querySelectorAll('[data-tributary-page]')) {
      const { tributaryPage: handle, tributaryShown: shown } = page.dataset;
      if (!/^[a-z0-9-]{1,64}$/.test(handle) || !/^[a-d][0-9]{1,9}$/.test(shown) || seen.has(handle)) continue;
      seen.add(handle);
      fetch(`${element.dataset.proxy}/pages/${handle}/seen?v=${shown}`, { keepalive: true }).catch(() => {});
    }
  }

  const visit = visitOf(window.location.search);
  let done = false;
  function decide() {
    if (done || allowed() !== true) return;
    done = true;
    if (visit) carry(visit).catch(() => {});
    count();
  }

  document.addEventListener('visitorConsentCollected', decide);
  if (allowed() === null && typeof window.Shopify?.loadFeatures === 'function') {
    window.Shopify.loadFeatures([{ name: 'consent-tracking-api', version: '0.1' }], (error) => {
      if (!error) decide();
    });
  } else {
    decide();
  }
})();
