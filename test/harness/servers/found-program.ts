import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError } from '@atelier/shared/errors/coded-error';
import { cacheFolder } from '@atelier/worker/install/engine-paths';
import { withInstallLock } from '@atelier/worker/install/install-lock';
import { whyNoContainer } from './container-engine.ts';
import { PROGRAMS, type Program, type ProgramName } from './program.ts';

/** What a test runs a program from. */
export type FoundProgram =
  | { readonly way: 'container'; readonly image: string; readonly description: string }
  | { readonly way: 'binary'; readonly path: string; readonly description: string };

const DOCKER_ADVICE =
  'start a Docker engine that has or can pull the image, or leave ATELIER_TEST_SERVERS out and a binary serves, too';

/** No way led to a program that a test needs. */
export class ProgramError extends CodedError<'program-not-found'> {
  constructor(title: string, reasons: readonly string[], advice: string) {
    super(
      'program-not-found',
      [
        `This test needs ${title}, which this machine does not have.`,
        ...reasons,
        `What to do: ${advice}`,
      ].join('\n'),
    );
  }
}

/**
 * A container where an engine and the image are there or can be had, else a binary: on the PATH, in the cache, or
 * installed there. ATELIER_TEST_SERVERS=docker or binary allows one of both only.
 * @throws ProgramError saying what was tried and what to install
 */
export async function findProgram(
  name: ProgramName,
  report: (status: string) => void,
): Promise<FoundProgram> {
  const program = PROGRAMS[name];
  const wish = wishedWay();
  const reasons: string[] = [];
  if (program.image !== undefined && wish !== 'binary') {
    const image = process.env[program.image.variable] || program.image.official;
    const reason = await whyNoContainer(image, report);
    if (reason === undefined) return { way: 'container', image, description: `${image} (container)` };
    reasons.push(`No container: ${reason}.`);
    if (wish === 'docker') throw new ProgramError(program.title, reasons, DOCKER_ADVICE);
  }
  try {
    const path = await findBinary(program, report);
    return { way: 'binary', path, description: `${await versionOf(program, path)} (binary ${path})` };
  } catch (error) {
    reasons.push(`No binary: ${error instanceof Error ? error.message : String(error)}`);
    throw new ProgramError(program.title, reasons, program.advice);
  }
}

/** On the PATH, in the cache, or installed there now. @throws Error, CommandError of what failed */
export async function findBinary(program: Program, report: (status: string) => void): Promise<string> {
  return (await presentBinary(program)) ?? installedBinary(program, report);
}

function wishedWay(): 'docker' | 'binary' | undefined {
  const wish = process.env['ATELIER_TEST_SERVERS'] || undefined;
  if (wish === undefined || wish === 'docker' || wish === 'binary') return wish;
  throw new Error(`ATELIER_TEST_SERVERS is ${wish}: set it to docker or binary, or leave it out`);
}

async function presentBinary({ commands, pathVariable, release }: Program): Promise<string | undefined> {
  const named = pathVariable === undefined ? undefined : process.env[pathVariable];
  if (named) {
    if (!existsSync(named)) throw new Error(`${pathVariable} is ${named}, and no such file is there`);
    return named;
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = commands.flatMap((command) =>
    [...folders, releaseFolder(release)].map((folder) => join(folder, command)),
  );
  for (const place of places) {
    const isExecutable = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return place;
  }
  return undefined;
}

/** Several test runs may start at once: one installs, and a folder that is there is complete. */
async function installedBinary(program: Program, report: (status: string) => void): Promise<string> {
  const folder = releaseFolder(program.release);
  return withInstallLock(`${folder}.lock`, report, async () => {
    const installedMeanwhile = await presentBinary(program);
    if (installedMeanwhile !== undefined) return installedMeanwhile;
    const scratch = await mkdtemp(`${folder}-`);
    try {
      await program.install(scratch, report);
      await rm(folder, { recursive: true, force: true });
      await mkdir(dirname(folder), { recursive: true });
      await rename(scratch, folder);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    const installed = await presentBinary(program);
    if (installed === undefined)
      throw new Error(`${program.release} was installed without ${program.commands[0]}`);
    return installed;
  });
}

function releaseFolder(release: string): string {
  return join(cacheFolder(), 'servers', release);
}

async function versionOf({ versionArgs }: Program, path: string): Promise<string> {
  const args = versionArgs?.(basename(path)) ?? ['--version'];
  const { stdout, stderr } = await promisify(execFile)(path, args, { timeout: 30_000 });
  const [line = path] = `${stdout}\n${stderr}`.trim().split('\n');
  return line.replace(/ *\(.*$/, '').trim();
}
