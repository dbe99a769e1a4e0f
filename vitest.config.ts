import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    // Inherited by the threads that the tests start.
    execArgv: ['--import', new URL('./test/harness/run-typescript.mjs', import.meta.url).href, '--conditions=source'],
    testTimeout: 30_000,
  },
});
