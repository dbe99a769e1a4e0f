/** A sample of the Prometheus text format, its labels in the order in which they were written. */
const SAMPLE = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i;
const LABEL = /([a-z_]\w*)="((?:[^"\\]|\\.)*)"/gi;

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a process serves at /metrics, to be asked for values. */
export class MetricsText {
  readonly samples: readonly Sample[];

  /** @throws Error for a line that is no sample */
  constructor(text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.samples = lines.map((line) => {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (name === undefined) throw new Error(`no sample of a metric: ${line}`);
      const entries = Array.from(labels.matchAll(LABEL), ([, key = '', label = '']) => [key, label]);
      return { name, labels: Object.fromEntries(entries), value: Number(value) };
    });
  }

  static async of(address: string): Promise<MetricsText> {
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`/metrics of ${address} answers ${response.status}`);
    return new MetricsText(await response.text());
  }

  /** The sum of the samples that have these labels; undefined if there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = Object.entries(labels);
    const found = this.samples.filter(
      (sample) => sample.name === name && wanted.every(([key, label]) => sample.labels[key] === label),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** The sums by the values of a label. */
  by(name: string, label: string, labels: Readonly<Record<string, string>> = {}): Record<string, number> {
    const values = new Set(this.samples.flatMap((sample) => sample.labels[label] ?? []));
    return Object.fromEntries(
      [...values].map((value) => [value, this.value(name, { ...labels, [label]: value }) ?? 0]),
    );
  }
}
