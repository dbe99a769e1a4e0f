import { join } from 'node:path';
import { loadConfig } from '@atelier/shared/config/load-config';
import { natsCredentialsOf } from '@atelier/shared/config/nats-credentials';
import { letHeapGrow } from '@atelier/shared/heap-growth';
import { Command, Option } from 'commander';
import { whenLauncherGone } from '../cluster/launcher-gone.ts';
import { RUNS_FOLDER } from '../operator/find-coordinator.ts';
import { givenPageToken } from '../operator/page-address.ts';
import { CommandError } from '../terminal/command-error.ts';
import { createLogger, type LogLevel, logLevels } from '../terminal/logging.ts';
import { address, examples } from './run-options.ts';

interface CoordinatorCommandOptions {
  readonly out?: string;
  readonly listen: string;
  readonly http: string;
  readonly resume?: boolean;
  readonly stay?: boolean;
  readonly logLevel: LogLevel;
}

export function coordinatorCommand(): Command {
  return new Command('coordinator')
    .description(
      'coordinate a run: assign work to workers, average their gradients, update the parameters, write checkpoints',
    )
    .argument('<config>', 'a YAML file; atelier config check explains what is wrong with it')
    .option('--out <dir>', "the run's folder (default: runs/ and the config's name)")
    .option(
      '--listen <host:port>',
      'address for workers and for commands such as atelier status; port 0 takes a free port',
      address,
      '127.0.0.1:7400',
    )
    .option(
      '--http <host:port>',
      'address of the web page, /metrics, /healthz and /readyz; port 0 takes a free port',
      address,
      '127.0.0.1:0',
    )
    .option('--resume', 'continue the run in the folder; start a new one if there is none')
    .option('--stay', 'keep answering after the run has ended, until a signal')
    .addOption(
      new Option('--log-level <level>', 'least severe log lines to write to stderr')
        .choices(logLevels)
        .default('info'),
    )
    .addHelpText(
      'after',
      `
The coordinator writes its addresses to coordinator.json in the run's folder. The buttons of the web page need a token.
It is the value of ATELIER_PAGE_TOKEN or, without that variable, the content of page-token in the folder. atelier status
prints the page's address together with the token.

Signals:
  SIGTERM, SIGINT  write a checkpoint and stop; a second signal ends at once. With --stay, workers are told to reconnect

Use --stay where something restarts every process that ends, as Kubernetes does. The web page, the metrics and
atelier status then remain after the run has completed, failed or been stopped by atelier stop. A coordinator that is
started again continues a run that is not complete.

Exit codes: 0 completed or stopped, 1 the run failed, 2 wrong config, 3 the folder holds another run
${examples('atelier coordinator examples/demo.yaml --out runs/demo --listen 0.0.0.0:7400')}`,
    )
    .action(runCoordinator);
}

async function runCoordinator(configPath: string, options: CoordinatorCommandOptions): Promise<void> {
  const config = await loadConfig(configPath);
  const { Coordinator } = await import('@atelier/coordinator/coordinator');
  letHeapGrow();
  const log = createLogger(options.logLevel);
  const folder = options.out ?? join(RUNS_FOLDER, config.name);
  const { listen, http, resume = false, stay = false } = options;
  const pageToken = givenPageToken();
  const natsCredentials = natsCredentialsOf();
  const coordinator = new Coordinator(
    { config, folder, listen, http, pageToken, natsCredentials, resume, stay },
    { log },
  );
  let isStopping = false;
  const stop = (reason: string): void => {
    if (isStopping) process.exit(130);
    isStopping = true;
    log.info({ reason }, 'stopping');
    coordinator
      .stop({ reconnect: stay })
      .catch((error: unknown) => log.error({ err: error }, 'could not stop cleanly'));
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  whenLauncherGone(() => stop('the launcher is gone'));
  await coordinator.start();
  const outcome = await coordinator.finished;
  if (outcome.kind === 'failed')
    throw new CommandError('failure', `the run failed at step ${outcome.step}: ${outcome.reason}`);
}
