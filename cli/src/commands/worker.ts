import { hasCode } from '@atelier/shared/errors/error-code';
import { letHeapGrow } from '@atelier/shared/heap-growth';
import { Command, Option } from 'commander';
import { whenLauncherGone } from '../cluster/launcher-gone.ts';
import { CommandError } from '../terminal/command-error.ts';
import { createLogger, type LogLevel, logLevels } from '../terminal/logging.ts';
import { address, examples } from './run-options.ts';

interface WorkerCommandOptions {
  readonly coordinator: string;
  readonly name?: string;
  readonly device?: 'auto' | 'cpu' | 'gpu';
  readonly metrics?: string;
  readonly stay?: boolean;
  readonly logLevel: LogLevel;
}

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      'compute gradients for a coordinator until the run ends; a worker may join and leave at any moment',
    )
    .requiredOption('--coordinator <host:port>', 'address of the coordinator', address)
    .option('--name <name>', 'name of the worker (default: host name and process id)')
    .addOption(
      new Option(
        '--device <device>',
        "compute on this device; gpu fails on a machine without a GPU (default: the config's engine.device)",
      ).choices(['auto', 'cpu', 'gpu']),
    )
    .option(
      '--metrics <host:port>',
      'address of /metrics, /healthz and /readyz (default: not served)',
      address,
    )
    .option('--stay', 'wait for the next run when one has ended, until a signal')
    .addOption(
      new Option('--log-level <level>', 'least severe log lines to write to stderr')
        .choices(logLevels)
        .default('info'),
    )
    .addHelpText(
      'after',
      `
Signals:
  SIGTERM, SIGINT  drain: finish the assigned work, then leave; a second signal ends at once

Exit codes: 0 drained or the run has ended, 1 failed (a restart may help), 3 refused (a restart does not help)
${examples('atelier worker --coordinator 10.0.0.5:7400 --name gpu-3 --device gpu')}`,
    )
    .action(runWorker);
}

async function runWorker(options: WorkerCommandOptions): Promise<void> {
  const { Worker } = await import('@atelier/worker/worker');
  letHeapGrow();
  const log = createLogger(options.logLevel);
  const worker = new Worker(options, { log });
  let isDraining = false;
  const drain = (reason: string): void => {
    if (isDraining) void worker.stop();
    else worker.drain(reason);
    isDraining = true;
  };
  process.on('SIGTERM', () => drain('SIGTERM'));
  process.on('SIGINT', () => drain('SIGINT'));
  whenLauncherGone(() => drain('the launcher is gone'));
  worker.start();
  const outcome = await worker.finished;
  switch (outcome.kind) {
    case 'refused':
      throw new CommandError(
        'refused',
        `the coordinator refused this worker (${outcome.code}): ${outcome.message}`,
      );
    case 'broken':
      throw new CommandError(
        isLasting(outcome.error) ? 'refused' : 'failure',
        `this worker cannot take part: ${messageOf(outcome.error)}`,
        { cause: outcome.error },
      );
    case 'over':
    case 'drained':
    case 'halted':
  }
}

/** A dead compute thread may live in a new process; wrong data, model or engine stays wrong. */
function isLasting(error: unknown): boolean {
  return !hasCode(error, 'crashed');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
