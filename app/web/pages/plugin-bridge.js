// Stands in for App Bridge in the admin of a WordPress site: the frame around
// this page gets a token from the plugin and hands it over by message, never in
// an address; we swap it for a session that lives in this page's memory. There
// are no cookies.
(() => {
  const admin = document.currentScript.dataset.admin;
  let session = null; // { value, until }
  let renewing = null;

  function ask() {
    return new Promise((resolve, reject) => {
      const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
      const hear = (e) => {
        if (e.source !== window.parent || e.origin !== admin || e.data?.type !== 'tributary:token' || e.data.id !== id) return;
        stop();
        if (typeof e.data.token === 'string') resolve(e.data.token);
        else reject(new Error('The store did not let you in. Load this page again.'));
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error('The store does not answer. Load this page again.'));
      }, 15000);
      function stop() {
        clearTimeout(timer);
        window.removeEventListener('message', hear);
      }
      window.addEventListener('message', hear);
      window.parent.postMessage({ type: 'tributary:ask-token', id }, admin);
    });
  }

  async function renew() {
    const token = await ask();
    const answer = await fetch('/auth/woocommerce', {
      method: 'POST',
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (!answer.ok) throw new Error('The store is not connected. Connect it again.');
    const { session: value, expires_in: seconds } = await answer.json();
    session = { value, until: Date.now() + (seconds - 60) * 1000 };
    return value;
  }

  window.shopify = {
    idToken() {
      if (session && Date.now() < session.until) return Promise.resolve(session.value);
      renewing ??= renew().finally(() => (renewing = null));
      return renewing;
    },
  };
})();
