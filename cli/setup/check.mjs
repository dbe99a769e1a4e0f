// @ts-check
// `npm run check`: everything that must hold before code goes in, each part with its time. All parts run, also after
// one failed. `--skip-tests` leaves the unit tests out, for those who have just run them.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATORS } from './build.mjs';
import { subjectFaultOf } from './commit-subject.mjs';
import { docFaultsOf } from './doc-references.mjs';
import { isSource, lengthFaultOf } from './file-length.mjs';
import { folderCyclesOf } from './folder-cycles.mjs';
import { ROOT, toolPath } from './project.mjs';
import { runSteps } from './run-steps.mjs';
import { setup } from './setup.mjs';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {() => string | undefined} findFault what is wrong; nothing when all is well
 */

/** Programs that write what is committed. */
const DERIVERS = ['deploy/generate.mjs'];
const PACKAGES = ['proto', 'shared', 'coordinator', 'worker', 'cli', 'deploy', 'test'];

/** @type {readonly Part[]} */
const PARTS = [
  { name: 'generated files', findFault: findStaleFile },
  { name: 'format and lint (biome)', findFault: () => run('biome', ['check', '--error-on-warnings', '.']) },
  {
    name: 'promises and types (oxlint)',
    findFault: () => run('oxlint', ['--type-aware', '--deny-warnings']),
  },
  { name: 'types (tsc)', findFault: () => run('tsc', ['-b']) },
  { name: 'architecture (dependency-cruiser)', findFault: findForbiddenImport },
  { name: 'length of files', findFault: findLongFile },
  { name: 'what documents point to', findFault: findLostReference },
  { name: 'subjects of commits', findFault: findLongSubject },
  { name: 'dead code (knip)', findFault: () => run('knip', ['--no-progress']) },
  ...(process.argv.includes('--skip-tests')
    ? []
    : [
        {
          name: 'unit tests (vitest)',
          findFault: () => run('vitest', ['run', '--project', 'unit', '--reporter=dot']),
        },
      ]),
];

await runSteps(setup);
const numFailed = PARTS.filter((part) => !passes(part)).length;
console.log(
  numFailed === 0
    ? `\nAll ${PARTS.length} checks passed.`
    : `\n${numFailed} of ${PARTS.length} checks failed.`,
);
process.exitCode = numFailed === 0 ? 0 : 1;

/** @param {Part} part */
function passes({ name, findFault }) {
  const start = performance.now();
  const fault = findFault();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${fault === undefined ? '✔' : '✘'} ${name} (${seconds} s)`);
  if (fault !== undefined) console.log(fault.trimEnd().replaceAll(/^/gm, '    '));
  return fault === undefined;
}

/**
 * @param {string} tool
 * @param {readonly string[]} args
 * @returns {string | undefined} what it printed, when it failed
 */
function run(tool, args) {
  const { status, stdout, stderr, error } = spawnSync(toolPath(tool), args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) return `${tool} does not start: ${error.message}`;
  return status === 0 ? undefined : `${stdout}${stderr}`;
}

/** Runs the generators and names the committed files that they changed. */
function findStaleFile() {
  const before = changedFiles();
  for (const generator of [...GENERATORS, ...DERIVERS]) {
    const { status, stderr } = spawnSync(process.execPath, [generator], { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) return `${generator} failed\n${stderr}`;
  }
  const stale = [...changedFiles()].filter((line) => !before.has(line));
  return stale.length === 0 ? undefined : `generated anew, commit them:\n${stale.join('\n')}`;
}

/** Uncommitted files with a hash of what is in them. */
function changedFiles() {
  const { stdout } = spawnSync('git', ['diff', '--raw', '--abbrev=40', 'HEAD'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const files = stdout.split('\n').flatMap((line) => line.split('\t')[1] ?? []);
  const hashes = spawnSync('git', ['hash-object', '--', ...files], {
    cwd: ROOT,
    encoding: 'utf8',
  }).stdout.split('\n');
  return new Set(files.map((file, i) => `${file} ${hashes[i]}`));
}

/** dependency-cruiser reads nothing, and finds nothing, where it cannot load a TypeScript compiler: so it must count. */
function findForbiddenImport() {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...PACKAGES];
  const { stdout, stderr } = spawnSync(toolPath('depcruise'), args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (stdout === '') return stderr || 'dependency-cruiser printed nothing';
  /** @type {{ modules: import('./folder-cycles.mjs').Module[], summary: { violations: { from: string, to: string, rule: { name: string }, cycle?: { name: string }[] }[] } }} */
  const { modules, summary } = JSON.parse(stdout);
  const numOwn = modules.filter(
    ({ source }) => source.endsWith('.ts') && !source.includes('node_modules'),
  ).length;
  if (numOwn === 0) return 'dependency-cruiser read no TypeScript file: is the typescript package there?';
  const faults = [
    ...summary.violations.map(
      ({ from, to, rule, cycle }) =>
        `${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' -> ')}`,
    ),
    ...folderCyclesOf(modules).map((cycle) => `no-folder-cycles: ${cycle}`),
  ];
  return faults.length === 0 ? undefined : faults.join('\n');
}

function findLongFile() {
  return listOf(
    ownFiles()
      .filter(isSource)
      .flatMap((path) => lengthFaultOf(path, textOf(path)) ?? []),
  );
}

function findLostReference() {
  const files = ownFiles();
  const docs = files.filter((path) => path.endsWith('.md')).map((path) => ({ path, text: textOf(path) }));
  return listOf(docFaultsOf(docs, files));
}

/** Of the newest commits: older ones have been read. */
function findLongSubject() {
  const { stdout } = spawnSync('git', ['log', '--no-merges', '-n', '10', '--format=%h %s'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return listOf(stdout.split('\n').flatMap((line) => subjectFaultOf(line) ?? []));
}

/** From the root: those of Git and those that will be. */
function ownFiles() {
  const { stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return stdout.split('\n').filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

/** @param {string} path */
function textOf(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @param {readonly string[]} faults */
function listOf(faults) {
  return faults.length === 0 ? undefined : faults.join('\n');
}
