import { defineConfig } from 'vitest/config';

const packages = '{proto,shared,coordinator,worker,cli,deploy}';
const exclude = ['**/node_modules/**', '**/dist/**'];
/** Packages import each other's sources: no build stands between an edit and its test. */
const fromSource = { resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } } };

/** Inherited by the threads that a test starts: they run from source, too. */
const execArgv = [
  '--import',
  new URL('./test/harness/run-typescript.mjs', import.meta.url).href,
  '--conditions=source',
];

/** As in a worker: errors and what follows. */
const env = { TF_CPP_MIN_LOG_LEVEL: '2' };

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: [`${packages}/**/*.test.ts`],
          exclude,
          pool: 'forks',
          execArgv,
          env,
          // A limit for what hangs, not for what is slow: the machine may have other work.
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...fromSource,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          // Needs a Kubernetes cluster: vitest.cluster.config.ts.
          exclude: [...exclude, 'test/cluster/**'],
          pool: 'forks',
          execArgv,
          globalSetup: ['test/harness/shared-folder.ts', 'test/harness/servers/provide-programs.ts'],
          // The tests' own guard removes what they leave behind; the container that does it would have to be pulled.
          env: { ...env, TESTCONTAINERS_RYUK_DISABLED: 'true' },
          // Real processes train in these: they would starve each other on a small machine.
          maxWorkers: 1,
          testTimeout: 10 * 60_000,
          hookTimeout: 2 * 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
