import { defineConfig } from 'vitest/config';

/** `npm run test:cluster`: the manifests in the Kubernetes cluster that KUBECONFIG names. docs/kubernetes.md has more. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/cluster/**/*.test.ts'],
    pool: 'forks',
    execArgv: [
      '--import',
      new URL('./test/harness/run-typescript.mjs', import.meta.url).href,
      '--conditions=source',
    ],
    // Each goes on where the last one ended.
    bail: 1,
    reporters: ['verbose'],
    sequence: { concurrent: false, shuffle: false },
    testTimeout: 30 * 60_000,
    hookTimeout: 10 * 60_000,
  },
});
