import { resolve } from 'node:path';
import { ShardIndex } from '@atelier/shared/shards/shard-index';
import { verifyShards } from '@atelier/shared/shards/verify-shards';
import { openStore } from '@atelier/shared/store/open-store';
import { Command } from 'commander';
import { CommandError } from '../terminal/command-error.ts';
import { print } from '../terminal/output.ts';
import { examples } from './run-options.ts';

export function dataVerifyCommand(): Command {
  return new Command('verify')
    .description(
      'read packed shards and compare every byte with their index; exit with code 1 if a shard is damaged',
    )
    .argument('<place>', 'a folder, or s3://bucket/prefix')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('atelier data verify shards/mnist', 'atelier data verify s3://data/mnist'))
    .action(verify);
}

async function verify(place: string, options: { readonly json?: boolean }): Promise<void> {
  const store = openStore(place, resolve(place));
  const index = await ShardIndex.read(store);
  const { shards, numExamples, source } = index.manifest;
  const damaged: { readonly key: string; readonly problem: string }[] = [];
  for await (const { shard, problem } of verifyShards(index, { store })) {
    if (!options.json) print(`${shard.key}  ${problem === '' ? 'good' : problem}`);
    if (problem !== '') damaged.push({ key: shard.key, problem });
  }
  if (options.json)
    print(JSON.stringify({ source, numExamples, numShards: shards.length, digest: index.digest, damaged }));
  else print(`${store.location}: ${numExamples} examples of ${source}\n  digest  ${index.digest}`);
  if (damaged.length > 0) {
    throw new CommandError(
      'failure',
      `${damaged.length} of ${shards.length} shards are damaged: write them again with atelier data pack --force`,
    );
  }
}
