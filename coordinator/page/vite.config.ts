import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Built beside the coordinator's code, which serves it: see src/http/page-files.ts. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions: ['source'] },
  build: { outDir: '../dist/page', emptyOutDir: true, modulePreload: { polyfill: false }, target: 'es2022' },
});
