import { letHeapGrow } from '@atelier/shared/heap-growth';
import { Command, Option } from 'commander';
import { whenLauncherGone } from '../cluster/launcher-gone.ts';
import { CommandError } from '../terminal/command-error.ts';
import { createLogger, type LogLevel, logLevels } from '../terminal/logging.ts';
import { examples } from './run-options.ts';

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
      "hold a slice of a run's parameters and average its gradients: one of as many as the config's reducers",
    )
    .requiredOption('--coordinator <host:port>', 'the coordinator to work for')
    .option('--name <name>', 'how the reducer is called (default: host and process id)')
    .option(
      '--listen <host:port>',
      'where workers and the coordinator connect; port 0 takes a free one',
      '127.0.0.1:0',
    )
    .option('--advertise <host:port>', 'where they reach it, if not where it listens')
    .option('--metrics <host:port>', 'where /metrics, /healthz and /readyz are served (default: nowhere)')
    .addOption(
      new Option('--log-level <level>', 'how much is logged to stderr').choices(logLevels).default('info'),
    )
    .addHelpText(
      'after',
      `
A run with reducers: 2 in its config begins when two of them are here; more wait for one to be lost. When one is lost the
run goes back to its newest checkpoint and on to the same bits, as soon as there are enough again.

Signals:
  SIGTERM, SIGINT  drain: leave when what is held is in a checkpoint; a second one leaves at once

Exit codes: 0 drained or the run is over, 1 failed (starting it again may help), 3 refused: it cannot take part
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
