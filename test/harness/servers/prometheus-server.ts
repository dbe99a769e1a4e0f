import { copyFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { freeAddress } from '../free-address.ts';
import { queryPrometheus, type Series } from './prometheus-query.ts';
import { newServerFolder, RealServer, started } from './real-server.ts';

export interface PrometheusOptions {
  /** What is scraped, at /metrics, by job. */
  readonly jobs: Readonly<Record<string, readonly ScrapeTarget[]>>;
  /** Files with recording and alert rules; their names must differ. */
  readonly ruleFiles?: readonly string[];
  /** Default 500. */
  readonly scrapeIntervalMs?: number;
  /** Of the rules; default 500. */
  readonly evaluationIntervalMs?: number;
}

export interface ScrapeTarget {
  /** host:port. */
  readonly address: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A Prometheus server that scrapes what runs on this machine. */
export class PrometheusServer extends RealServer {
  /** http://host:port. */
  readonly url: string;

  constructor(folder: string, address: string) {
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    super('prometheus', { folder, args, env: {} }, `http://${address}/-/ready`);
    this.url = `http://${address}`;
  }

  /**
   * The series that an expression gives.
   * @param atSeconds in Unix time; default now
   * @throws Error with what Prometheus says about the expression
   */
  async query(expression: string, atSeconds?: number): Promise<Series[]> {
    return queryPrometheus(this.url, expression, atSeconds);
  }
}

/** A real Prometheus server. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
  const { jobs, ruleFiles = [], scrapeIntervalMs = 500, evaluationIntervalMs = 500 } = options;
  const folder = await newServerFolder('prometheus');
  for (const file of ruleFiles) await copyFile(file, join(folder, basename(file)));
  const config = {
    global: {
      scrape_interval: `${scrapeIntervalMs}ms`,
      scrape_timeout: `${scrapeIntervalMs}ms`,
      evaluation_interval: `${evaluationIntervalMs}ms`,
    },
    rule_files: ruleFiles.map((file) => basename(file)),
    scrape_configs: Object.entries(jobs).map(([job, targets]) => ({
      job_name: job,
      static_configs: targets.map(({ address, labels = {} }) => ({ targets: [address], labels })),
    })),
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  return started(new PrometheusServer(folder, await freeAddress()));
}
