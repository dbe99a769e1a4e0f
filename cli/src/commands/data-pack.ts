import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { DatasetConfig } from '@atelier/shared/config/run-config';
import { packShards } from '@atelier/shared/shards/pack-shards';
import { openStore } from '@atelier/shared/store/open-store';
import { Command } from 'commander';
import { inWords } from '../progress/duration.ts';
import { CommandError } from '../terminal/command-error.ts';
import { printResult, say } from '../terminal/output.ts';
import { DATA_SPECS, datasetsOf, splitOption } from './data-spec.ts';
import { count, examples } from './run-options.ts';

interface PackOptions {
  readonly out: string;
  readonly split: 'train' | 'test';
  readonly size?: number;
  readonly crops?: number;
  readonly shardSize: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Below what a 32-bit number of bytes can tell. */
const MOST_SHARD_MB = 4_000;

export function dataPackCommand(): Command {
  return new Command('pack')
    .description(
      'write a data set as WebDataset shards with an index; a run then reads only the bytes that it needs',
    )
    .argument(
      '<spec>',
      `${DATA_SPECS}, or a config file, each of whose domains gets its own folder below --out`,
    )
    .requiredOption('--out <place>', 'a folder, or s3://bucket/prefix')
    .addOption(splitOption())
    .option(
      '--size <pixels>',
      'cut pictures to squares and resize them to this size (default: keep pictures as they are)',
      count(1),
    )
    .option(
      '--crops <n>',
      'with --size: number of squares to cut from each picture (default: 1, or the crops of the config)',
      count(1),
    )
    .option('--shard-size <mb>', `size of a shard in MB, at most ${MOST_SHARD_MB}`, count(1), 64)
    .option('--force', 'replace an existing data set, and write all shards again')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nTo continue an interrupted command, run it again.\n${examples(
        'atelier data pack mnist --out shards/mnist',
        'atelier data pack folder:../pictures --size 64 --out s3://data/pictures',
        'atelier data pack examples/demo.yaml --out shards/demo',
      )}`,
    )
    .action(pack);
}

async function pack(spec: string, options: PackOptions): Promise<void> {
  if (options.crops !== undefined && options.size === undefined) {
    throw new CommandError(
      'usage',
      '--crops needs --size: without --size, pictures are packed whole, and data.DOMAIN.crops in the config says how a run cuts them',
    );
  }
  const datasets = Object.entries(await datasetsOf(spec, options.split));
  const isConfig = /\.(ya?ml|json)$/.test(spec);
  for (const [domain, config] of datasets) {
    const { crops } = options;
    const withCrops = crops !== undefined && 'crops' in config ? { ...config, crops } : config;
    await packOne(domain, withCrops, isConfig ? below(options.out, domain) : options.out, options);
  }
}

async function packOne(
  domain: string,
  config: DatasetConfig,
  out: string,
  options: PackOptions,
): Promise<void> {
  const { openPictures } = await import('@atelier/worker/datasets/open-pictures');
  const { packedPictures } = await import('@atelier/worker/data/packed-pictures');
  const began = Date.now();
  const store = openStore(out, resolve(out));
  const source = await openPictures(config, {
    size: options.size,
    onProgress: (done, total) => {
      if (done === total) say(`${domain}: ${total} pictures prepared`);
    },
  });
  const { name, numPictures, contentDigest, labels } = source;
  const shardBytes = Math.min(options.shardSize, MOST_SHARD_MB) * 1e6;
  const recipe = createHash('sha256').update(`${contentDigest} ${shardBytes}`).digest('hex');
  say(`${domain}: packing ${numPictures} pictures of ${name} to ${store.location}`);
  const result = await packShards(
    packedPictures(source),
    {
      source: name,
      recipe,
      labels,
      shardBytes,
      isForced: options.force === true,
      onShard: ({ key, bytes }, { numExamples, wasSent }) =>
        say(
          `${key}  ${megabytes(bytes)}  ${wasSent ? 'written' : 'is there already'}  ` +
            `${numExamples} of ${numPictures} (${Math.floor((100 * numExamples) / numPictures)} %)`,
        ),
    },
    { store },
  );
  const { numExamples, shards } = result.manifest;
  const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
  const { digest, numSent } = result;
  const told = {
    domain,
    place: store.location,
    numExamples,
    numShards: shards.length,
    numSent,
    bytes,
    digest,
  };
  printResult(
    options.json,
    told,
    () =>
      `${store.location}: ${numExamples} examples in ${shards.length} shards, ${megabytes(bytes)}, ` +
      `${numSent} of them sent, in ${inWords((Date.now() - began) / 1000)}\n  digest  ${digest}`,
  );
}

function below(place: string, domain: string): string {
  return `${place.replace(/\/$/, '')}/${domain}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
