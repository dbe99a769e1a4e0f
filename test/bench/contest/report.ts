import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Machine, machineText } from './machine.ts';

const FOLDER = fileURLToPath(new URL('../../../artifacts/bench/', import.meta.url));

export interface BenchReport {
  readonly name: string;
  readonly title: string;
  /** For docs/performance.md. */
  readonly markdown: string;
  /** Everything measured, for whoever wants more than the tables. */
  readonly data: unknown;
}

/** Prints a report and writes it to artifacts/bench/NAME.json. */
export function publish(report: BenchReport, machine: Machine): void {
  mkdirSync(FOLDER, { recursive: true });
  const text = JSON.stringify({ time: new Date().toISOString(), machine, ...report }, null, 2);
  writeFileSync(join(FOLDER, `${report.name}.json`), `${text}\n`);
  console.log(`\n${sectionOf(report)}`);
}

/** Writes artifacts/bench/summary.md: the block of docs/performance.md that is measured. @returns its path */
export function publishSummary(reports: readonly BenchReport[], machine: Machine): string {
  const path = join(FOLDER, 'summary.md');
  const date = new Date().toISOString().slice(0, 10);
  const intro = `Measured on ${date}: ${machineText(machine)}`;
  writeFileSync(path, `${[intro, ...reports.map(sectionOf)].join('\n\n')}\n`);
  return path;
}

function sectionOf({ title, markdown }: BenchReport): string {
  return `### ${title}\n\n${markdown}`;
}
