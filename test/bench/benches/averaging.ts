import { BareStream } from '../clients/bare-stream.ts';
import { startSyntheticWorkers } from '../clients/start-synthetic-workers.ts';
import { syntheticRun } from '../clients/synthetic-run.ts';
import { startAtelier } from '../contest/atelier-program.ts';
import type { BenchProcess } from '../contest/bench-process.ts';
import { markdownTable } from '../contest/markdown-table.ts';
import { RunningCoordinator } from '../contest/running-coordinator.ts';
import { medianOf } from '../contest/statistics.ts';
import { type TransportSetting, transportWords } from '../contest/transport.ts';
import type { Bench } from './bench.ts';

const GROUP_BYTES = 100 * 2 ** 20;
const NUM_CLIENTS = 2;
/** Each client pushes and pulls the group once a step. */
const BYTES_PER_STEP = 2 * NUM_CLIENTS * GROUP_BYTES;

interface Averaging {
  readonly reducers: number;
  readonly transport: TransportSetting;
  readonly seconds: readonly number[];
  readonly bareSeconds: readonly number[];
}

export const averagingBench: Bench = {
  name: 'averaging',
  about:
    'push, reduce, optimize and pull of 100 MiB from two clients, by memory and by gRPC, beside bare gRPC streams of the same bytes',
  async run({ isQuick }) {
    const results: Averaging[] = [];
    for (const reducers of [1, 2])
      for (const transport of ['auto', 'grpc'] as const)
        results.push(await averagingOf({ reducers, transport }, isQuick ? [1, 3] : [4, 6]));
    const rows = results.map(({ reducers, transport, seconds, bareSeconds }) => {
      const [ours, bare] = [medianOf(seconds), medianOf(bareSeconds)];
      return [
        String(reducers),
        transportWords(transport),
        (ours * 1000).toFixed(0),
        (bare * 1000).toFixed(0),
        (BYTES_PER_STEP / ours / 1e6).toFixed(0),
        (BYTES_PER_STEP / bare / 1e6).toFixed(0),
        `**${((100 * bare) / ours).toFixed(0)}%**`,
        String(seconds.length),
      ];
    });
    const head = [
      'reducers',
      'through',
      'a step, ms',
      'bare, ms',
      'MB/s',
      'bare, MB/s',
      'of bare',
      'steps each',
    ];
    return {
      name: 'averaging',
      title: 'Averaging 100 MiB from two clients',
      markdown: markdownTable(head, rows),
      data: results,
    };
  },
};

function startReducer({ address, home }: RunningCoordinator, name: string): BenchProcess {
  const args = ['reducer', '--coordinator', address, '--name', name];
  return startAtelier({ name, args, folder: home });
}

async function averagingOf(
  { reducers, transport }: Pick<Averaging, 'reducers' | 'transport'>,
  [numBlocks = 1, stepsPerBlock = 1]: readonly number[],
): Promise<Averaging> {
  const groupSizes = [GROUP_BYTES / 4];
  const config = syntheticRun({ groupSizes, virtualWorkers: NUM_CLIENTS, reducers, transport });
  await using coordinator = await RunningCoordinator.start({ config });
  for (let number = 1; number <= (reducers === 1 ? 0 : reducers); number++)
    coordinator.employ(startReducer(coordinator, `reducer-${number}`));
  startSyntheticWorkers(coordinator, groupSizes, NUM_CLIENTS, NUM_CLIENTS);
  await coordinator.untilCommits(2);
  await coordinator.pause();
  await using bare = await BareStream.start(GROUP_BYTES, NUM_CLIENTS);
  await bare.exchange();
  const seconds: number[] = [];
  const bareSeconds: number[] = [];
  for (let block = 0; block < numBlocks; block++) {
    const first = coordinator.journal.commits.length;
    await coordinator.resume();
    await coordinator.untilCommits(first + stepsPerBlock + 1);
    await coordinator.pause();
    const commits = coordinator.journal.commits.slice(first + 1, first + 1 + stepsPerBlock);
    seconds.push(...commits.map((commit) => commit.seconds));
    for (let i = 0; i < stepsPerBlock; i++) bareSeconds.push(await bare.exchange());
  }
  return { reducers, transport, seconds, bareSeconds };
}
