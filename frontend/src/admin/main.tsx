import '@mantine/core/styles.css';
import '@mantine/spotlight/styles.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { Refused } from '../shared/api';
import { frameParameters } from '../shared/session';
import { routes } from './App';
import { readable, theme } from '../shared/theme';

const client = new QueryClient({
  defaultOptions: { queries: { staleTime: 15_000, retry: (n, e) => n < 2 && !(e instanceof Refused && e.status < 500) } },
});

// The address keeps what an admin's frame needs when the page is loaded again,
// and loses the token it was opened with.
const frame = frameParameters(window.location.search);
const router = createBrowserRouter(routes, { basename: '/app' });
const keepFrame = () => {
  if (frame.size === 0) return;
  const url = new URL(window.location.href);
  for (const name of ['id_token', 'hmac', 'session', 'timestamp', 'locale', 'retried']) url.searchParams.delete(name);
  for (const [k, v] of frame) url.searchParams.set(k, v);
  if (url.href !== window.location.href) history.replaceState(history.state, '', url);
};
router.subscribe(keepFrame);
keepFrame();

const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? '';
setNonce(nonce); // for what keeps the page behind a dialog from scrolling

createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} cssVariablesResolver={readable} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
