import { setTimeout as sleep } from 'node:timers/promises';
import { MetricsText } from '../../harness/metrics-text.ts';
import { startSyntheticWorkers } from '../clients/start-synthetic-workers.ts';
import { syntheticRun } from '../clients/synthetic-run.ts';
import { usageOf } from '../contest/machine.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { RunningCoordinator } from '../contest/running-coordinator.ts';
import { type TransportSetting, transportWords } from '../contest/transport.ts';
import type { Bench, BenchContext } from './bench.ts';

/** Parameters of dcgan-32 at C=64: G and D. */
const GROUP_SIZES = [1_068_928, 662_528];
const MAX_PROCESSES = 4;
/** Enough steps for a mean, and no longer than this. */
const MAX_SECONDS = 20;
const QUICK_SECONDS = 5;
const MAX_STEPS = 60;

interface LoadPoint {
  readonly numWorkers: number;
  readonly stepsPerSecond: number;
  readonly megabytesPerSecond: number;
  /** CPU seconds a second. */
  readonly coordinatorCpu: number;
  readonly clientsCpu: number;
  readonly coordinatorRssMib: number;
  readonly coordinatorPeakRssMib: number;
}

export const loadBench: Bench = {
  name: 'load',
  about:
    'committed steps/s, bytes/s, CPU and memory of a coordinator by the number of its (synthetic) workers',
  async run(context) {
    const { isQuick } = context;
    const transport = context.byMemory ? 'auto' : 'grpc';
    const counts = isQuick ? [2, 16] : [2, 4, 8, 16, 32, 64, 128, 256];
    const points: LoadPoint[] = [];
    for (const count of counts) {
      const point = await loadOf(count, transport, context);
      console.error(`  ${count} workers: ${point.stepsPerSecond.toFixed(2)} steps/s`);
      points.push(point);
    }
    const rows = points.map((point) => [
      String(point.numWorkers),
      point.stepsPerSecond.toFixed(2),
      (point.stepsPerSecond * point.numWorkers).toFixed(0),
      point.megabytesPerSecond.toFixed(0),
      point.coordinatorCpu.toFixed(2),
      point.clientsCpu.toFixed(2),
      point.coordinatorRssMib.toFixed(0),
      point.coordinatorPeakRssMib.toFixed(0),
    ]);
    const head = [
      'workers',
      'steps/s',
      'nodes/s',
      'MB/s',
      'coordinator, cores',
      'clients, cores',
      'RSS, MiB',
      'peak',
    ];
    return {
      name: 'load',
      title: 'Many workers',
      markdown: [
        `Tensors go through ${transportWords(transport)}.`,
        markdownTable(
          head,
          rows,
          head.map(() => 'right'),
        ),
      ].join('\n\n'),
      data: points,
    };
  },
};

async function loadOf(
  numWorkers: number,
  transport: TransportSetting,
  { isQuick, profileFolder }: BenchContext,
): Promise<LoadPoint> {
  const config = syntheticRun({ groupSizes: GROUP_SIZES, virtualWorkers: numWorkers, transport });
  const nodeArgs = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  await using coordinator = await RunningCoordinator.start({ config, nodeArgs });
  startSyntheticWorkers(coordinator, GROUP_SIZES, numWorkers, Math.min(numWorkers, MAX_PROCESSES));
  await coordinator.untilCommits(GROUP_SIZES.length);
  const before = await measured(coordinator);
  const deadline = before.at + (isQuick ? QUICK_SECONDS : MAX_SECONDS) * 1000;
  while (performance.now() < deadline && coordinator.journal.commits.length < before.steps + MAX_STEPS)
    await sleep(100);
  // From commit to commit: a step that is under way is not counted, nor its time.
  await coordinator.untilCommits(coordinator.journal.commits.length + 1);
  const after = await measured(coordinator);
  const { rssMib, peakRssMib } = usageOf(coordinator.process.pid);
  if (profileFolder !== undefined) await coordinator.process.end('SIGTERM');
  const seconds = (after.at - before.at) / 1000;
  return {
    numWorkers,
    stepsPerSecond: (after.steps - before.steps) / seconds,
    megabytesPerSecond: (after.bytes - before.bytes) / seconds / 1e6,
    coordinatorCpu: (after.cpu - before.cpu) / seconds,
    clientsCpu: (after.clientsCpu - before.clientsCpu) / seconds,
    coordinatorRssMib: rssMib,
    coordinatorPeakRssMib: peakRssMib,
  };
}

async function measured(coordinator: RunningCoordinator) {
  const metrics = await MetricsText.of(coordinator.http);
  const [cpu = 0, ...clients] = coordinator.processes.map(({ pid }) => usageOf(pid).cpuSeconds);
  return {
    at: performance.now(),
    steps: coordinator.journal.commits.length,
    bytes:
      (metrics.value('atelier_coordinator_received_bytes_total') ?? 0) +
      (metrics.value('atelier_coordinator_sent_bytes_total') ?? 0),
    cpu,
    clientsCpu: clients.reduce((sum, seconds) => sum + seconds, 0),
  };
}
