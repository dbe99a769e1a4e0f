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
import { examples } from './run-options.ts';

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
    .description('coordinate a run: hand out work, average gradients, keep checkpoints')
    .argument('<config>', 'a YAML file, see atelier config')
    .option('--out <dir>', "the run's folder (default: runs/ and the config's name)")
    .option(
      '--listen <host:port>',
      'where workers and operators connect; port 0 takes a free one',
      '127.0.0.1:7400',
    )
    .option('--http <host:port>', 'where the page, /metrics, /healthz and /readyz are', '127.0.0.1:0')
    .option('--resume', 'go on with the run in the folder, if there is one')
    .option('--stay', 'go on answering when the run is over, until a signal')
    .addOption(
      new Option('--log-level <level>', 'how much is logged to stderr').choices(logLevels).default('info'),
    )
    .addHelpText(
      'after',
      `
The addresses are written to coordinator.json in the run's folder. The buttons of the page need a token: that of
ATELIER_PAGE_TOKEN, else the one in the folder's file page-token; atelier status prints the page's address with it.

Signals:
  SIGTERM, SIGINT  checkpoint and stop; a second one ends at once. With --stay the workers are told to come back

With --stay, for who would start a coordinator again whenever it ends (Kubernetes): page, metrics and atelier status
stay when the run is complete, failed or was stopped by atelier stop. Started again, it goes on with what is not complete.

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
