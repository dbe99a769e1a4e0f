import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SeedReport } from './seed-report.ts';
import { simulateSeeds } from './simulate-seeds.ts';
import { simulate } from './simulation.ts';

const USAGE = `npm run simulate -- [--seeds N] [--from SEED] [--progress FILE]
npm run simulate -- --replay SEED

Runs the coordinator's program under random faults, a run for each seed, and looks for one that breaks
what must hold (docs/simulation.md).

  --seeds N        how many seeds. Default: 10000
  --from SEED      the first. Default: 0
  --progress FILE  keeps there how far it came: stopped and started again, it goes on from there
  --replay SEED    runs one seed and prints all that happens
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    progress: { type: 'string' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else if (values.replay !== undefined) await replay(Number(values.replay));
else await search(Number(values.from), Number(values.seeds));

async function replay(seed: number): Promise<void> {
  try {
    await simulate(seed, (line) => process.stdout.write(`${line()}\n`));
    process.stdout.write(`seed ${seed} keeps all that must hold\n`);
  } catch (error) {
    process.stdout.write(`seed ${seed}: ${String(error)}\n`);
    process.exitCode = 1;
  }
}

async function search(first: number, numSeeds: number): Promise<void> {
  const done = first + numDone();
  if (done > first) process.stdout.write(`goes on from seed ${done}\n`);
  const began = Date.now();
  const { report, broken } = await simulateSeeds({ from: done, to: first + numSeeds }, (num, soFar) => {
    if (values.progress !== undefined) writeFileSync(values.progress, `${done - first + num}\n`);
    if (soFar.numSeeds % 10_000 === 0) process.stdout.write(`${speedOf(soFar, began)}\n`);
  });
  process.stdout.write(`${speedOf(report, began)}\n`);
  for (const [fault, count] of [...report.faults].sort(([a], [b]) => a.localeCompare(b)))
    process.stdout.write(`  ${count} ${fault}\n`);
  if (broken === undefined) return;
  process.stdout.write(`seed ${broken.seed}: ${broken.found}\n`);
  process.stdout.write(`See how it came to that: npm run simulate -- --replay ${broken.seed}\n`);
  process.exitCode = 1;
}

function numDone(): number {
  if (values.progress === undefined) return 0;
  try {
    return Number(readFileSync(values.progress, 'utf8'));
  } catch {
    return 0;
  }
}

function speedOf({ numSeeds, numLives, seconds }: SeedReport, began: number): string {
  const took = (Date.now() - began) / 1000;
  const speed = (numSeeds / took).toFixed(1);
  const hours = (seconds / 3600).toFixed(1);
  return `${numSeeds} seeds, ${speed} a second: ${numLives} lives of coordinators, ${hours} simulated hours`;
}
