import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Built beside the worker's code; an export copies it: see src/export/page-files.ts. It may lie anywhere: base './'. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  resolve: { conditions: ['source'] },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // TensorFlow.js is one large chunk, and nothing of the page works without it.
    chunkSizeWarningLimit: 2000,
  },
});
