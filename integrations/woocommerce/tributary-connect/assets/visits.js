// Keeps the visit of an influencer's link for thirty days, if the visitor allows
// marketing where a consent plugin asks. Nothing is kept before that, and what
// was kept goes when the visitor changes their mind.
(() => {
  const { cookie, path, consent } = window.tributaryVisits ?? {};
  if (!cookie) return;

  function visitOf(search) {
    const q = new URLSearchParams(search);
    const click = q.get('utm_id') ?? '';
    const ref = q.get('ref') ?? '';
    if (q.get('utm_medium') !== 'influencer' || !/^[A-Za-z0-9_-]{32}$/.test(click)) return null;
    return `${click}.${/^[A-Za-z0-9_-]{1,80}$/.test(ref) ? ref : ''}`;
  }

  function allowed() {
    if (typeof window.wp_has_consent === 'function') return window.wp_has_consent('marketing');
    return consent === '';
  }

  function write(value, seconds) {
    const secure = window.location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `${cookie}=${value}; Max-Age=${seconds}; Path=${path}; SameSite=Lax${secure}`;
  }

  const visit = visitOf(window.location.search);
  function decide() {
    if (!allowed()) write('', 0);
    else if (visit) write(visit, 30 * 24 * 3600);
  }
  decide();
  document.addEventListener('wp_listen_for_consent_change', decide);
  document.addEventListener('wp_consent_type_defined', decide);
})();
