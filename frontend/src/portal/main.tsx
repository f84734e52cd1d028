import '@mantine/core/styles.css';
import { MantineProvider, type CSSVariablesResolver } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { Refused } from '../shared/api';
import { theme } from '../shared/theme';
import { routes } from './Portal';

const client = new QueryClient({
  defaultOptions: { queries: { staleTime: 10_000, retry: (n, e) => n < 2 && !(e instanceof Refused && e.status < 500) } },
});
const router = createBrowserRouter(routes, { basename: '/portal' });

const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? '';
setNonce(nonce); // for what keeps the page behind a dialog from scrolling

// What is quiet or red is still read on a phone in the sun: 4.5 to 1 at least.
const colours = (quiet: string, red: string) => ({ '--mantine-color-dimmed': quiet, '--mantine-color-placeholder': quiet, '--mantine-color-error': red, '--mantine-color-red-7': red });
const readable: CSSVariablesResolver = () => ({ variables: {}, light: { ...colours('#5c636a', '#c92a2a'), '--mantine-color-river-light-hover': '#c2e0dc', '--mantine-color-yellow-light-color': '#7a4a00' }, dark: colours('#b8bcc2', '#ff8787') });

createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} cssVariablesResolver={readable} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
