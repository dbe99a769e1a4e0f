import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { metricNames, metricWords } from '@atelier/shared/evaluation/metric-names';
import { Command } from 'commander';
import { z } from 'zod';
import { markdownTable } from '../bench/contest/markdown-table.ts';
import { configOf, VARIANTS, type Variant } from './variants.ts';

const ATELIER = fileURLToPath(new URL('../../cli/bin/atelier.mjs', import.meta.url));

const reportSchema = z.object({
  rows: z.array(
    z.object({
      kind: z.string(),
      values: z.partialRecord(z.enum(metricNames), z.object({ mean: z.number() })),
      checkpoint: z.object({ iteration: z.number() }).optional(),
      bars: z.array(z.object({ isMet: z.boolean() })).optional(),
    }),
  ),
});
type Row = z.output<typeof reportSchema>['rows'][number];

interface Options {
  readonly cifar10: string;
  readonly iterations: string;
  readonly pairs: string;
  readonly workers: string;
  readonly out: string;
  readonly only?: string;
}

await new Command('ablate')
  .description(
    'Trains adain-32 with one lever moved at a time and prints how each is measured, on the validation split.',
  )
  .requiredOption('--cifar10 <path>', 'the *.bin files of CIFAR-10, the styles')
  .option('--iterations <n>', 'of each variant; more than before goes on with what is there', '300')
  .option('--pairs <n>', 'to measure on', '200')
  .option('--workers <n>', 'processes', '2')
  .option(
    '--out <dir>',
    'a folder a variant; what is measured there already is not done again',
    'runs/ablation',
  )
  .option('--only <names>', `some of ${VARIANTS.map(({ name }) => name).join(', ')}; commas between them`)
  .action((options: Options) => {
    const names = options.only?.split(',');
    const variants = VARIANTS.filter(({ name }) => names === undefined || names.includes(name));
    const rows = variants.map((variant) => ({ variant, row: measured(variant, options) }));
    console.log(tableOf(rows));
  })
  .parseAsync();

function measured(variant: Variant, { cifar10, iterations, pairs, workers, out }: Options): Row {
  const folder = resolve(out, variant.name);
  const known = rowIn(folder);
  if (known?.checkpoint?.iteration === Number(iterations)) return known;
  const config = join(resolve(out), `${variant.name}.yaml`);
  mkdirSync(resolve(out), { recursive: true });
  writeFileSync(config, JSON.stringify(configOf(variant, Number(iterations), resolve(cifar10)), null, 2));
  atelier('train', config, '--workers', workers, '--out', folder);
  atelier('evaluate', '--run', folder, '--split', 'validation', '--pairs', pairs);
  const row = rowIn(folder);
  if (row === undefined) throw new Error(`${folder} has no evaluation`);
  return row;
}

function rowIn(folder: string): Row | undefined {
  const path = join(folder, 'evaluation', 'evaluation.json');
  if (!existsSync(path)) return undefined;
  return reportSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).rows.find(({ kind }) => kind === 'run');
}

/** What it prints goes to stderr: the table alone is this program's output. */
function atelier(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [ATELIER, ...args], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`atelier ${args.join(' ')} failed: start again to go on from here`);
}

function tableOf(rows: readonly { readonly variant: Variant; readonly row: Row }[]): string {
  const head = ['variant', ...metricNames.map((metric) => metricWords[metric].head), 'bars met'];
  const cells = rows.map(({ variant, row }) => [
    variant.name,
    ...metricNames.map((metric) => row.values[metric]?.mean.toFixed(3) ?? '–'),
    `${row.bars?.filter(({ isMet }) => isMet).length ?? 0} of ${row.bars?.length ?? 0}`,
  ]);
  return markdownTable(head, cells);
}
