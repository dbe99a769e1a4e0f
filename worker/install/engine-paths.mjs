// @ts-check
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ADDON_PATH, addonVersion, NODE_API_VERSION } from './compile-addon.mjs';

/** @typedef {import('./wheels.mjs').EngineVariant} EngineVariant */

const require = createRequire(import.meta.url);

/**
 * Where downloads and builds are kept: outside node_modules, so that a new clone finds them.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function cacheFolder(env = process.env) {
  if (env.ATELIER_CACHE) return resolve(env.ATELIER_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'atelier');
}

/** The installed tfjs package, whose JavaScript loads the addon. */
export function tfjsPackageFolder() {
  return dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
}

/**
 * The folder of one engine: everything that decides its bytes is in its name.
 *
 * @param {EngineVariant} variant
 * @param {string} tensorflowVersion
 * @param {NodeJS.ProcessEnv} [env]
 */
export function engineFolderFor(variant, tensorflowVersion, env) {
  const packageFolder = tfjsPackageFolder();
  const sources = readdirSync(join(packageFolder, 'binding'));
  const addon = addonVersion(packageFolder, sources);
  const platform = `${process.platform}-${process.arch}`;
  return join(
    cacheFolder(env),
    'engine',
    `${tensorflowVersion}-${variant}-${platform}-napi${NODE_API_VERSION}-${addon}`,
  );
}

/** Where the tfjs package looks for the addon. */
export function addonLink() {
  return join(tfjsPackageFolder(), ADDON_PATH);
}

/**
 * The engine folder that the tfjs package's addon is linked to.
 *
 * @returns {string | undefined} none when there is no addon, or one that is not a link into a cache
 */
export function linkedEngineFolder() {
  const link = addonLink();
  const info = lstatSync(link, { throwIfNoEntry: false });
  if (!info?.isSymbolicLink()) return undefined;
  return resolve(dirname(link), readlinkSync(link), '../../..');
}

/** @returns {string} */
export function tfjsVersion() {
  const manifest = JSON.parse(readFileSync(join(tfjsPackageFolder(), 'package.json'), 'utf8'));
  return manifest.version;
}
