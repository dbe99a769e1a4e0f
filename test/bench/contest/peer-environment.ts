import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@atelier/shared/errors/coded-error';

/** The newest PyTorch when this was written, so that the peer is at its best. */
const PACKAGES = ['torch==2.13.0', 'numpy==2.3.5'];
/** PyTorch's own index of builds without CUDA: a tenth of the size. The other packages, and what it lacks, come from pip's. */
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';
const CPU_INDEX_TIMEOUT_MS = 15_000;

/** Why a peer cannot be set up, and what to do about it. */
export class PeerError extends CodedError<'peer-missing'> {
  constructor(message: string, options?: ErrorOptions) {
    super('peer-missing', message, options);
  }
}

/**
 * A Python with PyTorch, in a virtual environment of the cache; set up on first use.
 * @returns the path of its `python`
 * @throws PeerError
 */
export async function peerPython(flavour: 'cpu' | 'cuda'): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const name = `${PACKAGES.join('-').replaceAll('==', '-')}-${flavour}`;
  const folder = join(cache, 'atelier', 'bench-peers', name);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return python;
  console.error(`Setting up the peer once, in ${folder}: ${PACKAGES.join(', ')}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run(
    'python3',
    ['-m', 'venv', folder],
    'needs python3 (3.10 or later) with its venv module (Debian: python3-venv)',
  );
  const install = ['-m', 'pip', 'install', '--disable-pip-version-check', ...PACKAGES];
  const advice = 'needs pip and a Python package index that has these packages for this Python (see above)';
  if (flavour === 'cpu' && (await isReached(CPU_INDEX))) {
    await run(python, [...install, '--extra-index-url', CPU_INDEX], advice);
  } else {
    console.error('This takes the build with CUDA from the default index: 4 GB, some minutes.');
    await run(python, install, advice);
  }
  await run(python, ['-c', 'import torch'], 'PyTorch was installed and cannot be imported (see above)');
  await mkdir(join(folder, 'complete'));
  return python;
}

async function isReached(index: string): Promise<boolean> {
  try {
    return (await fetch(`${index}/torch/`, { signal: AbortSignal.timeout(CPU_INDEX_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}

function run(command: string, args: readonly string[], advice: string): Promise<void> {
  const options: SpawnOptions = { stdio: ['ignore', 2, 2] };
  return new Promise((resolve, reject) => {
    const failed = (what: string) =>
      reject(new PeerError(`${command} ${args.join(' ')}: ${what}; the bench ${advice}`));
    spawn(command, args, options)
      .once('error', (error) => failed(error.message))
      .once('exit', (code, signal) => (code === 0 ? resolve() : failed(`ended by ${signal ?? code}`)));
  });
}
