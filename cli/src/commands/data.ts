import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Command } from 'commander';
import { print, printResult, say } from '../terminal/output.ts';
import { dataPackCommand } from './data-pack.ts';
import { DATA_SPECS, datasetsOf, splitOption } from './data-spec.ts';
import { dataVerifyCommand } from './data-verify.ts';
import { count, examples } from './run-options.ts';

interface InspectOptions {
  readonly split: 'train' | 'test';
  readonly size: number;
  readonly grey?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** Rows and columns of the montage. */
const MONTAGE = { rows: 12, columns: 20 };

export function dataCommand(): Command {
  const command = new Command('data').description('inspect data sets, pack them into shards, verify shards');
  command
    .command('inspect')
    .description('open a data set as a run would, and print its size, digest and labels')
    .argument('<spec>', `${DATA_SPECS}, or a config file`)
    .addOption(splitOption())
    .option('--size <pixels>', 'width and height of the images', count(1), 32)
    .option('--grey', 'read the images with one channel instead of three')
    .option(
      '--out <file>',
      'write a montage of examples to this .png file; with a config, one file for each domain',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'atelier data inspect emoji --out emoji.png',
        'atelier data inspect cifar10:../cifar-10-batches-bin --split test',
        'atelier data inspect examples/demo.yaml',
        'atelier data inspect shards:s3://data/mnist --out montage.png',
      ),
    )
    .action(inspect);
  command.addCommand(dataPackCommand());
  command.addCommand(dataVerifyCommand());
  return command;
}

async function inspect(spec: string, options: InspectOptions): Promise<void> {
  const { openDataset } = await import('@atelier/worker/datasets/open-dataset');
  const shape = { size: options.size, channels: options.grey ? 1 : 3 } as const;
  const found: Record<string, unknown> = {};
  for (const [domain, config] of Object.entries(await datasetsOf(spec, options.split))) {
    const dataset = await openDataset(config, shape, { onProgress: sayProgress(domain) });
    const { name, numExamples, digest, labels } = dataset;
    found[domain] = {
      name,
      numExamples,
      shape,
      digest,
      labels: labels === undefined ? undefined : countsOf(labels),
    };
    if (!options.json) {
      print(
        `${domain}: ${name}, ${numExamples} examples of ${shape.size} x ${shape.size} x ${shape.channels}`,
      );
      print(`  digest  ${digest}`);
      if (labels !== undefined)
        print(
          `  labels  ${Object.entries(countsOf(labels))
            .map(([label, number]) => `${label}: ${number}`)
            .join('  ')}`,
        );
    }
    if (options.out !== undefined)
      await writeMontage(dataset, options.out, Object.keys(found).length > 1 ? domain : undefined);
    await dataset.close();
  }
  if (options.json) printResult(true, found, () => '');
}

async function writeMontage(
  dataset: Awaited<ReturnType<typeof import('@atelier/worker/datasets/open-dataset').openDataset>>,
  out: string,
  domain: string | undefined,
): Promise<void> {
  const { gridOf, tilesOf } = await import('@atelier/worker/sample/grid');
  const { encodePng } = await import('@atelier/worker/sample/png');
  const { numExamples, shape } = dataset;
  const number = Math.min(numExamples, MONTAGE.rows * MONTAGE.columns);
  // Spread over the whole set: what lies next to each other in it is often alike.
  const indices = Array.from({ length: number }, (_, i) => Math.floor((i * numExamples) / number));
  const tiles = tilesOf(await dataset.read(indices), [number, shape.size, shape.size, shape.channels]);
  const rows = Array.from({ length: Math.ceil(number / MONTAGE.columns) }, (_, row) =>
    tiles.slice(row * MONTAGE.columns, (row + 1) * MONTAGE.columns),
  );
  const path = domain === undefined ? out : `${out.slice(0, out.length - extname(out).length)}-${domain}.png`;
  await writeFile(path, await encodePng(gridOf(rows)));
  say(`montage of ${number} examples: ${path}`);
}

function countsOf(labels: Uint8Array): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function sayProgress(domain: string): (done: number, total: number) => void {
  return (done, total) => {
    if (done % 400 === 0 || done === total) say(`${domain}: ${done} of ${total} pictures prepared`);
  };
}
