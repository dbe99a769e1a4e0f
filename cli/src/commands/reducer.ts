import { letHeapGrow } from '@atelier/shared/heap-growth';
import { Command, Option } from 'commander';
import { whenLauncherGone } from '../cluster/launcher-gone.ts';
import { CommandError } from '../terminal/command-error.ts';
import { createLogger, type LogLevel, logLevels } from '../terminal/logging.ts';
import { address, examples } from './run-options.ts';

interface ReducerCommandOptions {
  readonly coordinator: string;
  readonly name?: string;
  readonly listen: string;
  readonly advertise?: string;
  readonly metrics?: string;
  readonly logLevel: LogLevel;
}

export function reducerCommand(): Command {
  return new Command('reducer')
    .description(
      "hold one slice of a run's parameters and average the gradients of that slice; a run needs as many as its config's reducers",
    )
    .requiredOption('--coordinator <host:port>', 'address of the coordinator', address)
    .option('--name <name>', 'name of the reducer (default: host name and process id)')
    .option(
      '--listen <host:port>',
      'address for workers and the coordinator; port 0 takes a free port',
      address,
      '127.0.0.1:0',
    )
    .option(
      '--advertise <host:port>',
      'address that workers and the coordinator connect to, if it differs from --listen',
      address,
    )
    .option(
      '--metrics <host:port>',
      'address of /metrics, /healthz and /readyz (default: not served)',
      address,
    )
    .addOption(
      new Option('--log-level <level>', 'least severe log lines to write to stderr')
        .choices(logLevels)
        .default('info'),
    )
    .addHelpText(
      'after',
      `
A run with reducers: 2 in its config starts when two reducers have joined. Further reducers wait as spares. If a reducer
is lost, the run goes back to its newest checkpoint and continues as soon as there are enough reducers. It ends with the
same parameters, bit for bit.

Signals:
  SIGTERM, SIGINT  drain: leave when a checkpoint has what this reducer holds; a second signal ends at once

Exit codes: 0 drained or the run has ended, 1 failed (a restart may help), 3 refused (a restart does not help)
${examples('atelier reducer --coordinator 10.0.0.5:7400 --listen 0.0.0.0:7410 --advertise 10.0.0.6:7410')}`,
    )
    .action(runReducer);
}

async function runReducer({ logLevel, ...options }: ReducerCommandOptions): Promise<void> {
  const { Reducer } = await import('@atelier/coordinator/reducer');
  letHeapGrow();
  const reducer = new Reducer(options, { log: createLogger(logLevel) });
  let isDraining = false;
  const drain = (reason: string): void => {
    if (isDraining) reducer.stop();
    else reducer.drain(reason);
    isDraining = true;
  };
  process.on('SIGTERM', () => drain('SIGTERM'));
  process.on('SIGINT', () => drain('SIGINT'));
  whenLauncherGone(() => reducer.stop());
  await reducer.start();
  const outcome = await reducer.finished;
  if (outcome.kind === 'refused')
    throw new CommandError(
      'refused',
      `the coordinator refused this reducer (${outcome.code}): ${outcome.message}`,
    );
}
