// @ts-check
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ADDON_PATH, compileAddon } from './compile-addon.mjs';
import { addonLink, engineFolderFor, linkedEngineFolder, tfjsPackageFolder } from './engine-paths.mjs';
import { engineDamage, readEngineRecord, writeEngineRecord } from './engine-record.mjs';
import { fetchWheels, requirementsOf } from './fetch-wheels.mjs';
import { withInstallLock } from './install-lock.mjs';
import { downloadWithPackageScript, PACKAGE_TENSORFLOW_VERSION } from './package-download.mjs';
import { runCommand } from './run-command.mjs';
import { TENSORFLOW_VERSION, wheelSetFor } from './wheels.mjs';

/**
 * @typedef {import('./wheels.mjs').EngineVariant} EngineVariant
 * @typedef {(status: string) => void} Report
 *
 * @typedef {object} InstalledEngine
 * @property {string} folder
 * @property {string} tensorflow version of the native library
 * @property {EngineVariant} variant
 * @property {boolean} installedNow false when it was there already
 *
 * @typedef {object} EnginePlan what an installation would do
 * @property {EngineVariant} variant
 * @property {string} folder
 * @property {boolean} present the folder holds a finished engine
 * @property {string} tested in words: where this engine has been run
 * @property {readonly string[]} requirements the wheels, as a pip requirements file has them
 */

/** Every way to an engine failed. */
export class EngineInstallError extends Error {
  /** @readonly */
  code = 'engine-install-failed';

  /**
   * @param {EngineVariant} variant
   * @param {readonly { way: string, reason: string }[]} attempts
   * @param {string} logFile
   */
  constructor(variant, attempts, logFile) {
    super(
      [
        `The TensorFlow engine (${variant}) could not be installed. Tried, in this order:`,
        ...attempts.map(({ way, reason }, i) => `${i + 1}. ${way}\n   ${reason.replaceAll('\n', '\n   ')}`),
        'What to do: see that `python3 -m pip download tensorflow-cpu` works here (network, proxy, index settings of pip),',
        `then run \`npx atelier engine install\` again. The whole output is in ${logFile}.`,
      ].join('\n'),
    );
    this.name = 'EngineInstallError';
    this.attempts = attempts;
  }
}

/**
 * @param {EngineVariant} variant
 * @returns {EnginePlan}
 */
export function planEngine(variant) {
  const folder = engineFolderFor(variant, TENSORFLOW_VERSION);
  const set = wheelSetFor(variant, process.platform, process.arch);
  return {
    variant,
    folder,
    present: readEngineRecord(folder) !== undefined,
    tested: set?.tested ?? `no wheel is known for ${process.platform} ${process.arch}`,
    requirements: set === undefined ? [] : requirementsOf(set).trim().split('\n'),
  };
}

/**
 * Sees to it that the tfjs package has a native engine: takes it from the cache, or downloads, compiles and keeps it
 * there. Safe to call at every start and from several processes at once.
 *
 * @param {object} options
 * @param {EngineVariant} [options.variant] left out: the linked one if there is one, else cpu
 * @param {boolean} [options.force] installs again although one is there
 * @param {Report} options.report hears short words of progress
 * @returns {Promise<InstalledEngine>}
 * @throws {EngineInstallError} naming what was tried and why each way failed
 */
export async function installEngine({ variant, force = false, report }) {
  const linked = linkedEngineFolder();
  const linkedVariant = linked === undefined ? undefined : readEngineRecord(linked)?.variant;
  const wanted = variant ?? linkedVariant ?? 'cpu';
  const ownFolders = [TENSORFLOW_VERSION, PACKAGE_TENSORFLOW_VERSION].map((version) =>
    engineFolderFor(wanted, version),
  );
  // An engine in use counts wherever it lies: a cache that has moved must not mean another download.
  const isLinkedWanted = ownFolders.some((own) => linked !== undefined && basename(own) === basename(linked));
  const candidates = linked !== undefined && isLinkedWanted ? [linked, ...ownFolders] : ownFolders;

  const present = force ? undefined : await firstSound(candidates, report);
  if (present !== undefined) return use(present, false);

  const lockFile = `${ownFolders[0]}.lock`;
  return withInstallLock(lockFile, report, async () => {
    // Another process may have installed it while this one waited.
    const installedMeanwhile = force ? undefined : await firstSound(candidates, report);
    return installedMeanwhile === undefined
      ? use(await installInto(wanted, report), true)
      : use(installedMeanwhile, false);
  });
}

/**
 * @param {readonly string[]} folders
 * @param {Report} report
 */
async function firstSound(folders, report) {
  for (const folder of folders) {
    if (readEngineRecord(folder) === undefined) continue;
    const damage = await engineDamage(folder, 'quick');
    if (damage.length === 0) return folder;
    report(`the engine in ${folder} is damaged (${damage[0]}) and is installed again`);
  }
  return undefined;
}

/**
 * @param {EngineVariant} variant
 * @param {Report} report
 * @returns {Promise<string>} the engine's folder
 */
async function installInto(variant, report) {
  const packageFolder = tfjsPackageFolder();
  const logFile = `${engineFolderFor(variant, TENSORFLOW_VERSION)}.log`;
  await rm(logFile, { force: true });
  const attempts = [];
  for (const { way, tensorflow, source, build } of waysTo(variant, packageFolder)) {
    const folder = engineFolderFor(variant, tensorflow);
    const scratch = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
    const engine = join(scratch, 'engine');
    try {
      await mkdir(engine);
      await build(engine, { scratch, logFile, report });
      report('trying the engine');
      await tryEngine(engine, logFile);
      report('computing checksums');
      await writeEngineRecord(engine, { tensorflow, variant, source, compiledWith: process.version });
      await replaceFolder(engine, folder);
      return folder;
    } catch (error) {
      attempts.push({ way, reason: error instanceof Error ? error.message : String(error) });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  throw new EngineInstallError(variant, attempts, logFile);
}

/**
 * @param {EngineVariant} variant
 * @param {string} packageFolder
 */
function* waysTo(variant, packageFolder) {
  const set = wheelSetFor(variant, process.platform, process.arch);
  yield {
    way: `the ${variant === 'cuda' ? 'tensorflow and nvidia-*' : 'TensorFlow'} wheels ${TENSORFLOW_VERSION} through pip, the addon compiled against them`,
    tensorflow: TENSORFLOW_VERSION,
    source: 'wheel',
    /** @type {(engine: string, options: { scratch: string, logFile: string, report: Report }) => Promise<void>} */
    build: async (engine, options) => {
      if (set === undefined)
        throw new Error(`no wheel is known to work on ${process.platform} ${process.arch}`);
      await fetchWheels(set, engine, options);
      await compileAddon(packageFolder, engine, options);
    },
  };
  yield {
    way: `the tfjs package's own download of TensorFlow ${PACKAGE_TENSORFLOW_VERSION}`,
    tensorflow: PACKAGE_TENSORFLOW_VERSION,
    source: 'package',
    /** @type {(engine: string, options: { scratch: string, logFile: string, report: Report }) => Promise<void>} */
    build: (engine, options) => downloadWithPackageScript(packageFolder, variant, engine, options),
  };
}

/**
 * Loads the addon in a process of its own: a library that does not load must not be kept.
 *
 * @param {string} engine
 * @param {string} logFile
 */
async function tryEngine(engine, logFile) {
  const program =
    'if (typeof require(process.argv[1]).executeOp !== "function") throw new Error("no executeOp in the addon")';
  await runCommand(process.execPath, ['-e', program, join(engine, ADDON_PATH)], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    logFile,
    timeoutMs: 5 * 60_000,
  });
}

/**
 * @param {string} from
 * @param {string} to
 */
async function replaceFolder(from, to) {
  if (existsSync(to)) {
    const old = await mkdtemp(join(dirname(to), '.old-'));
    await rename(to, join(old, 'engine'));
    await rm(old, { recursive: true, force: true });
  }
  await rename(from, to);
}

/**
 * Points the tfjs package at an engine.
 *
 * @param {string} folder
 * @param {boolean} installedNow
 * @returns {Promise<InstalledEngine>}
 */
async function use(folder, installedNow) {
  const record = readEngineRecord(folder);
  if (record === undefined) throw new Error(`${folder} holds no finished engine`);
  const link = addonLink();
  if (linkedEngineFolder() !== folder) {
    await mkdir(dirname(link), { recursive: true });
    const next = `${link}.${process.pid}`;
    await rm(next, { force: true });
    await symlink(join(folder, ADDON_PATH), next);
    await rename(next, link);
  }
  return { folder, tensorflow: record.tensorflow, variant: record.variant, installedNow };
}
