import { Command } from 'commander';
import type { Bench } from './benches/bench.ts';
import { clusterBench } from './benches/cluster.ts';
import { stepBench } from './benches/step.ts';
import { describeMachine, machineText } from './machine.ts';
import { PeerError } from './peer-environment.ts';
import { type BenchReport, publish, publishSummary } from './report.ts';

/** In the order of the document. */
const BENCHES: readonly Bench[] = [stepBench, clusterBench];

const program = new Command('bench').description(
  'Measures Atelier beside its peers. Nothing else should run meanwhile.',
);
for (const bench of BENCHES) {
  program
    .command(bench.name)
    .description(bench.about)
    .option('--quick', 'few iterations: to see that it works, not to measure')
    .action(({ quick = false }: { quick?: boolean }) => runAll([bench], quick));
}
program
  .command('all')
  .description('all of them, and artifacts/bench/summary.md for docs/performance.md')
  .option('--quick', 'few iterations: to see that it works, not to measure')
  .action(({ quick = false }: { quick?: boolean }) => runAll(BENCHES, quick));

async function runAll(benches: readonly Bench[], isQuick: boolean): Promise<void> {
  const machine = describeMachine();
  console.log(machineText(machine));
  if (!machine.isIdle)
    console.error('\n!! THE MACHINE IS NOT IDLE: stop what else runs, or take no number seriously.\n');
  const reports: BenchReport[] = [];
  for (const bench of benches) {
    console.error(`\n${bench.name}: ${bench.about}`);
    const report = await bench.run({ isQuick });
    publish(report, machine);
    reports.push(report);
  }
  if (benches.length > 1) console.log(`\n${publishSummary(reports, machine)}`);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PeerError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
