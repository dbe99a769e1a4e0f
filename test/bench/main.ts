import { Command } from 'commander';
import { averagingBench } from './benches/averaging.ts';
import type { Bench } from './benches/bench.ts';
import { clusterBench } from './benches/cluster.ts';
import { loadBench } from './benches/load.ts';
import { recoveryBench } from './benches/recovery.ts';
import { startupBench } from './benches/startup.ts';
import { stepBench } from './benches/step.ts';
import { describeMachine, machineText } from './contest/machine.ts';
import { PeerError } from './contest/peer-environment.ts';
import { type BenchReport, publish, publishSummary } from './contest/report.ts';
import { gpuBench } from './gpu/gpu-bench.ts';
import { GpuError } from './gpu/nvidia-smi.ts';

/** In the order of the document. */
const BENCHES: readonly Bench[] = [
  stepBench,
  clusterBench,
  recoveryBench,
  startupBench,
  averagingBench,
  loadBench,
];

interface Options {
  readonly quick?: boolean;
  readonly profile?: string;
  readonly memory?: boolean;
}

const program = new Command('bench').description(
  'Measures Atelier beside its peers. Nothing else should run meanwhile.',
);
for (const bench of BENCHES) addCommand(bench.name, bench.about, [bench]);
addCommand(gpuBench.name, gpuBench.about, [gpuBench]);
addCommand('all', 'all of them, and artifacts/bench/summary.md for docs/performance.md', BENCHES);

function addCommand(name: string, about: string, benches: readonly Bench[]): void {
  program
    .command(name)
    .description(about)
    .option('--quick', 'few iterations: to see that it works, not to measure')
    .option('--memory', 'of load: tensors go through shared memory, not by gRPC')
    .option('--profile <dir>', "of load: keep the coordinator's CPU profiles there")
    .action((options: Options) => runAll(benches, options));
}

async function runAll(
  benches: readonly Bench[],
  { quick = false, profile, memory = false }: Options,
): Promise<void> {
  const machine = describeMachine();
  console.log(machineText(machine));
  if (!machine.isIdle)
    console.error('\n!! THE MACHINE IS NOT IDLE: stop what else runs, or take no number seriously.\n');
  const reports: BenchReport[] = [];
  for (const bench of benches) {
    console.error(`\n${bench.name}: ${bench.about}`);
    try {
      const report = await bench.run({ isQuick: quick, profileFolder: profile, byMemory: memory });
      publish(report, machine);
      reports.push(report);
      if (benches.length > 1) console.error(publishSummary(reports, machine));
    } catch (error) {
      // The others are worth having without it.
      const isExplained = error instanceof PeerError || error instanceof GpuError;
      console.error(`\n!! ${bench.name} failed:`, isExplained ? error.message : error);
      process.exitCode = 1;
    }
  }
}

await program.parseAsync();
