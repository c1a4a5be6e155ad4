import { defineConfig } from 'vite';

/** The admin pages; the gateway serves `dist/web`. */
export default defineConfig({
  root: 'gateway/admin/web',
  build: {
    outDir: '../../../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The content policy allows no data: URLs but images'.
    assetsInlineLimit: 0,
    // livekit-client alone is 500 kB.
    chunkSizeWarningLimit: 900,
  },
  esbuild: { jsx: 'automatic', legalComments: 'none' },
});
