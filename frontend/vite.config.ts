import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The build goes into the directory that the Go binary embeds. Each part of the
// product is a page of its own; the server fills in the nonce at each request.
export default defineConfig({
  plugins: [react()],
  base: '/app/',
  html: { cspNonce: 'CSP_NONCE' },
  build: {
    outDir: '../app/web/bundle',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rollupOptions: { input: { admin: 'admin.html', portal: 'portal.html' } },
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'], env: { TZ: 'UTC' } },
});
