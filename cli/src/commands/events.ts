import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { natsCredentialsOf } from '@atelier/shared/config/nats-credentials';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import type { EventSource } from '@atelier/shared/events/event-bus';
import { EventFile } from '@atelier/shared/events/event-file';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { findRun, isAlive, readCoordinatorFile } from '../operator/find-coordinator.ts';
import { eventRow } from '../progress/event-row.ts';
import { CommandError } from '../terminal/command-error.ts';
import { createLogger } from '../terminal/logging.ts';
import { print, printResult } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';

/** How long the rest of a run's events may take. */
const DELIVER_MS = 10 * 60_000;

interface ReadCommandOptions {
  readonly follow?: boolean;
  readonly server?: string;
  readonly run?: string;
  readonly type: string;
  readonly since?: number;
  readonly json?: boolean;
}

export function eventsCommand(): Command {
  const command = new Command('events').description(
    'show the events of a run, or deliver them to a NATS server',
  );
  command
    .command('read', { isDefault: true })
    .description(
      "show a run's events, from its folder or from a NATS server; the default command, so that the word read may be omitted",
    )
    .argument('[dir]', "the run's folder (default: the newest run under ./runs)")
    .option('--follow', 'keep printing events as they happen')
    .addOption(
      new Option(
        '--server <url>',
        'read from this NATS server (nats://host:port), with the credentials in NATS_TOKEN or the other NATS_ variables',
      ),
    )
    .option('--run <name>', 'with --server: name of the run, or its name and the first digits of its id')
    .option(
      '--type <glob>',
      'print only events of this type, for example worker.lost, checkpoint.*, *.failed',
      '*',
    )
    .option('--since <sequence>', 'print only events from this sequence number on', count(0))
    .option('--json', 'print one JSON object per line, as in events.jsonl')
    .addHelpText(
      'after',
      examples(
        'atelier events runs/demo --follow',
        "atelier events --type 'checkpoint.*' --json",
        'atelier events --server nats://127.0.0.1:4222 --run demo --follow',
      ),
    )
    .action(readEvents);
  command
    .command('deliver')
    .description('deliver events of an ended run that the NATS server has not received')
    .argument('[dir]', "the run's folder (default: the newest run under ./runs)")
    .option('--server <url>', 'NATS server to deliver to (default: events.server of the config)')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('atelier events deliver runs/demo'))
    .action(deliverEvents);
  return command;
}

async function readEvents(dir: string | undefined, options: ReadCommandOptions): Promise<void> {
  const { follow = false, type, since = 0 } = options;
  const source = await openSource(dir, options);
  const isWanted = matcherOf(type);
  for await (const event of source.read({ follow, since, signal: readerGone() })) {
    if (isWanted(event.type)) print(options.json ? JSON.stringify(event) : eventRow(event));
  }
}

async function openSource(
  dir: string | undefined,
  { server: url, run }: ReadCommandOptions,
): Promise<EventSource> {
  if ((url === undefined) !== (run === undefined)) {
    throw new CommandError(
      'usage',
      '--server and --run must be given together: --server URL names the NATS server, --run NAME names the run',
    );
  }
  if (url === undefined || run === undefined) return new EventFile(join(await findRun(dir), 'events.jsonl'));
  const { NatsEventSource } = await import('@atelier/shared/events/nats-event-source');
  return new NatsEventSource({ url, credentials: natsCredentialsOf() }, run);
}

/** `*` stands for anything, also for none. */
function matcherOf(glob: string): (type: string) => boolean {
  const parts = glob.split('*').map((part) => part.replace(/[^A-Za-z0-9]/g, String.raw`\$&`));
  const pattern = new RegExp(`^${parts.join('.*')}$`);
  return (type) => pattern.test(type);
}

/** Aborts when whoever reads our lines has enough of them, as `head` has. */
function readerGone(): AbortSignal {
  const gone = new AbortController();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone.abort();
  });
  return gone.signal;
}

async function deliverEvents(
  dir: string | undefined,
  options: { readonly server?: string; readonly json?: boolean },
): Promise<void> {
  const folder = await findRun(dir);
  const coordinator = await readCoordinatorFile(folder);
  if (coordinator !== undefined && isAlive(coordinator.pid)) {
    throw new CommandError(
      'refused',
      `the coordinator of ${folder} is running and delivers the events itself: wait, or stop it first`,
    );
  }
  const { name, events } = runConfigSchema.parse(await readJson(join(folder, 'config.json')));
  const { runId } = z.object({ runId: z.string() }).parse(await readJson(join(folder, 'run.json')));
  const url = options.server ?? events.server;
  if (url === undefined)
    throw new CommandError('usage', 'the config of the run has no events.server: give --server URL');
  const { NatsEventBus } = await import('@atelier/coordinator/events/nats-event-bus');
  const bus = await NatsEventBus.open(
    {
      events: join(folder, 'events.jsonl'),
      cursor: join(folder, 'events-delivered.json'),
      maxWaiting: events.maxWaiting,
      server: { url, credentials: natsCredentialsOf() },
      run: { name, runId },
      closeMs: DELIVER_MS,
    },
    { log: createLogger('warn') },
  );
  await bus.close();
  const { delivered, undelivered, depth: waiting } = bus;
  printResult(
    options.json,
    { delivered, undelivered, waiting },
    () => `${delivered} events delivered to ${url}`,
  );
  if (waiting > 0)
    throw new CommandError(
      'failure',
      `${waiting} events could not be delivered: check the NATS server and run the command again`,
    );
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
