import { RunFolderError } from '@atelier/coordinator/storage/run-folder-error';
import { ConfigError } from '@atelier/shared/config/config-error';
import type { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgram, exitCodeOf, run } from './main.ts';
import { CommandError } from './terminal/command-error.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is written while a command line runs. */
async function ran(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.err += String(text);
    return true;
  });
  const code = await run(args);
  return { code, ...written };
}

function pathsOf(command: Command, prefix = ''): string[] {
  return command.commands.flatMap((child) => {
    const path = `${prefix}${child.name()}`;
    return child.commands.length === 0 ? [path] : pathsOf(child, `${path} `);
  });
}

describe('atelier', () => {
  const paths = pathsOf(createProgram());

  it('has these commands', () => {
    expect(paths).toEqual([
      'train',
      'coordinator',
      'worker',
      'reducer',
      'status',
      'pause',
      'resume',
      'checkpoint',
      'drain',
      'stop',
      'digest',
      'checkpoints ls',
      'checkpoints verify',
      'checkpoints export',
      'events read',
      'events deliver',
      'journal audit',
      'stylize',
      'sample',
      'evaluate',
      'inspect interpolate',
      'inspect styles',
      'inspect saliency',
      'export',
      'data inspect',
      'data pack',
      'data verify',
      'engine install',
      'engine info',
      'config check',
      'config schema',
    ]);
  });

  it.each(paths)('%s --help says what it does, by example', async (path) => {
    const { code, out } = await ran(...path.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: atelier ${path}`);
    expect(out).toContain('Examples:\n  $ ');
  });

  it.each([
    ['an unknown command', ['trian'], "unknown command 'trian'"],
    ['a missing argument', ['train'], "missing required argument 'config'"],
    ['a bad number', ['train', 'x.yaml', '--workers', '0'], 'give a whole number of at least 1'],
    ['a missing config', ['config', 'check', 'no-such.yaml'], 'no-such.yaml does not exist'],
    [
      'a bad data set',
      ['data', 'inspect', 'imagenet'],
      "'imagenet' is not a data set: give one of mnist, emoji",
    ],
    ['contradicting options', ['status', '--run', 'a', '--coordinator', 'b:1'], 'cannot be used with'],
    ['half an address', ['status', '--server', 'nats://127.0.0.1:1'], '--server needs --run NAME'],
    ['an address without a port', ['worker', '--coordinator', 'nonsense'], 'give HOST:PORT'],
    ['a port that is none', ['worker', '--coordinator', 'a:99999'], 'a port from 0 to 65535'],
    ['a missing argument', ['train'], 'For help: atelier train --help'],
    ['a server without a run', ['events', '--server', 'nats://127.0.0.1:1'], 'must be given together'],
    ['a folder without a run', ['digest', import.meta.dirname], 'is not the folder of a run'],
  ])('ends with 2 on %s and says so', async (_, args, message) => {
    const { code, err } = await ran(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('ends with 1 when nobody answers', async () => {
    const { code, err } = await ran('status', '--coordinator', '127.0.0.1:1');
    expect(code).toBe(1);
    expect(err).toContain('no coordinator answers at 127.0.0.1:1');
  });

  it.each([
    [new CommandError('refused', ''), 3],
    [new CommandError('interrupted', ''), 130],
    [new ConfigError('invalid', ''), 2],
    [new RunFolderError('other-config', ''), 3],
    [new Error('unforeseen'), 1],
  ])('turns %s into exit code %d', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it('prints a schema that is JSON', async () => {
    const { out } = await ran('config', 'schema');
    expect(JSON.parse(out)).toMatchObject({
      title: 'Atelier run',
      required: expect.arrayContaining(['iterations']),
    });
  });
});
