// Hands the merchant app in the frame a token when it asks: by message, to its
// own origin only.
(() => {
  const { ajax, action, nonce, origin } = window.tributaryAdmin;
  const frame = document.getElementById('tributary-app');
  if (!frame) return;

  async function token() {
    const answer = await fetch(ajax, { method: 'POST', credentials: 'same-origin', body: new URLSearchParams({ action, nonce }) });
    const body = await answer.json();
    if (!answer.ok || !body.success) throw new Error('refused');
    return body.data.token;
  }

  window.addEventListener('message', async (e) => {
    if (e.source !== frame.contentWindow || e.origin !== origin || e.data?.type !== 'tributary:session' || typeof e.data.number !== 'number') return;
    try {
      frame.contentWindow.postMessage({ type: 'tributary:session', number: e.data.number, token: await token() }, origin);
    } catch {
      // The app says itself that nobody answers.
    }
  });
})();
