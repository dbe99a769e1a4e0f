import { runConfigSchema } from '@atelier/shared/config/run-config';
import { Command, Option } from 'commander';
import { CommandError } from '../terminal/command-error.ts';
import { printResult, say, table } from '../terminal/output.ts';
import { count, examples } from './run-options.ts';

interface InstallOptions {
  readonly cuda?: boolean;
  readonly cpu?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface InfoOptions {
  readonly device: 'auto' | 'cpu' | 'gpu';
  readonly threads: number;
  readonly full?: boolean;
  readonly json?: boolean;
}

export function engineCommand(): Command {
  const command = new Command('engine').description('install TensorFlow, or show what is installed');
  command
    .command('install')
    .description('install the native TensorFlow library and compile its addon; running it again does no harm')
    .option('--cuda', 'install the variant for NVIDIA GPUs')
    .addOption(
      new Option(
        '--cpu',
        'install the variant for CPUs (default: the variant in use or, without one, the CPU variant)',
      ).conflicts('cuda'),
    )
    .option('--force', 'install again, even if it is installed already')
    .option('--dry-run', 'print what would be downloaded and where it would be stored, but do nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('atelier engine install', 'atelier engine install --cuda --dry-run'))
    .action(install);
  command
    .command('info')
    .description('load TensorFlow, print its version and device, and check a computation')
    .addOption(
      new Option('--device <device>', 'device to use; gpu fails on a machine without a GPU')
        .choices(['auto', 'cpu', 'gpu'])
        .default('auto'),
    )
    .option('--threads <n>', 'number of threads that one operation uses', count(1), 1)
    .option('--full', 'verify every byte of the installed files')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('atelier engine info', 'atelier engine info --device gpu'))
    .action(info);
  return command;
}

async function install({ cuda, cpu, force = false, dryRun, json }: InstallOptions): Promise<void> {
  const { installEngine, planEngine } = await import('@atelier/worker/install/install-engine');
  const variant = cuda ? 'cuda' : cpu ? 'cpu' : undefined;
  if (dryRun) {
    const plan = planEngine(variant ?? 'cpu');
    printResult(json, plan, () =>
      table([
        ['variant', `${plan.variant} (${plan.tested})`],
        ['folder', `${plan.folder}${plan.present ? ', there already' : ''}`],
        ...plan.requirements.map((requirement): [string, string] => ['wheel', requirement]),
      ]),
    );
    return;
  }
  const installed = await installEngine({
    ...(variant === undefined ? {} : { variant }),
    force,
    report: sayNewStages(),
  });
  printResult(
    json,
    installed,
    () =>
      `TensorFlow ${installed.tensorflow} (${installed.variant}) in ${installed.folder}${installed.installedNow ? '' : ', there already'}`,
  );
}

/** Downloads report twice a second how far they are: a stage is said when it begins, and every ten seconds. */
function sayNewStages(): (status: string) => void {
  let lastStage = '';
  let lastSaidAt = 0;
  return (status) => {
    const stage = status.replace(/\d+ MB/, '');
    if (stage === lastStage && performance.now() - lastSaidAt < 10_000) return;
    lastStage = stage;
    lastSaidAt = performance.now();
    say(status);
  };
}

async function info({ device, threads, full, json }: InfoOptions): Promise<void> {
  const { engineInfo } = await import('@atelier/worker/engine/engine-info');
  const options = runConfigSchema.shape.engine.parse({ device, intraOpThreads: threads });
  const found = await engineInfo(options, full ? 'full' : 'quick');
  const { fingerprint, installation, matmul, damage, node } = found;
  printResult(json, found, () =>
    table([
      ['device in use', fingerprint.device],
      [
        'TensorFlow',
        `${fingerprint.tensorflow}, tfjs ${fingerprint.tfjs}, Node ${node}, V8 ${fingerprint.v8}`,
      ],
      ['threads', `${fingerprint.intraOpThreads} intra-op, oneDNN ${fingerprint.oneDnn ? 'on' : 'off'}`],
      ['ops', fingerprint.ops],
      [
        'installed',
        installation === undefined
          ? 'not by atelier'
          : `${installation.variant}, ${installation.source}, ${installation.folder}`,
      ],
      ['damage', damage.length === 0 ? 'none' : damage.join('; ')],
      [
        'check',
        `${matmul.size} x ${matmul.size} product ${matmul.correct ? 'right' : 'WRONG'}, ${matmul.gigaflopsPerSecond.toFixed(0)} GFLOP/s`,
      ],
    ]),
  );
  if (damage.length > 0 || !matmul.correct)
    throw new CommandError('failure', 'the engine is damaged: run atelier engine install --force');
}
