import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RunEvent, runEventSchema } from '@atelier/shared/events/run-event';
import { stringify } from 'yaml';
import { Kubectl } from './kubectl.ts';

export const RUN = 'cluster';
export const COORDINATOR = 'atelier-coordinator-0';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CONFIG = join(ROOT, 'test', 'cluster', 'run.yaml');
/** For the overlay and what was measured. */
export const FOLDER = join(ROOT, 'artifacts', 'cluster');
const RETRY_MS = 500;
const DEADLINE_MS = 600_000;

/** Variables that name other images, as in deploy/compose, and what they replace. */
const IMAGES = {
  ATELIER_COORDINATOR_IMAGE: 'atelier/coordinator',
  ATELIER_WORKER_IMAGE: 'atelier/worker',
  ATELIER_NATS_IMAGE: 'nats',
  ATELIER_MINIO_IMAGE: 'minio/minio',
  ATELIER_PROMETHEUS_IMAGE: 'prom/prometheus',
  ATELIER_GRAFANA_IMAGE: 'grafana/grafana',
} as const;

type EventType = RunEvent['type'];
type EventOf<Type extends EventType> = Extract<RunEvent, { readonly type: Type }>;

/**
 * The local overlay in a cluster, with a run of the tests' own. Its events are read as they happen, over all lives of
 * the coordinator's pod.
 */
export class DeployedRun implements AsyncDisposable {
  readonly kubectl = new Kubectl('atelier');
  readonly events: RunEvent[] = [];
  readonly #end = new AbortController();
  readonly #asking = new Set<() => void>();
  #following: Promise<void> | undefined;

  /** Writes the overlay: what is applied is the local one, but for the run's config and the images' names. */
  static async prepare(): Promise<DeployedRun> {
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER, { recursive: true });
    await copyFile(CONFIG, join(FOLDER, 'run.yaml'));
    const images = Object.entries(IMAGES).flatMap(([variable, name]) => {
      const image = process.env[variable];
      if (!image) return [];
      const at = image.lastIndexOf(':');
      return { name, newName: image.slice(0, at), newTag: image.slice(at + 1) };
    });
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: 'atelier',
      resources: ['../../deploy/k8s/overlays/local'],
      configMapGenerator: [{ name: 'atelier-run', behavior: 'replace', files: ['run.yaml'] }],
      images,
      patches: process.env['ATELIER_WITHOUT_GRAFANA'] ? [WITHOUT_GRAFANA] : [],
    };
    await writeFile(join(FOLDER, 'kustomization.yaml'), stringify(kustomization));
    return new DeployedRun();
  }

  /** @returns when it was applied, in ms of Unix time */
  async apply(): Promise<number> {
    const began = Date.now();
    await this.kubectl.run('apply', '-k', FOLDER);
    this.#following ??= this.#follow();
    return began;
  }

  /** The first event from now on that fits. @throws Error after ten minutes */
  async next<Type extends EventType>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    const since = this.events.length;
    return this.until(`${type} happened`, () =>
      this.events
        .slice(since)
        .find((event): event is EventOf<Type> => event.type === type && fits(event as EventOf<Type>)),
    );
  }

  /** Asked whenever something happens. */
  async until<Answer>(what: string, ask: () => Answer | undefined): Promise<Answer> {
    const late = AbortSignal.timeout(DEADLINE_MS);
    for (;;) {
      const answer = ask();
      if (answer !== undefined) return answer;
      if (late.aborted) throw new Error(`waited ${DEADLINE_MS / 1000} s until ${what}`);
      if (this.all('run.failed').length > 0) throw new Error(`the run failed before ${what}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#asking.delete(wake);
          late.removeEventListener('abort', wake);
          resolve();
        };
        this.#asking.add(wake);
        late.addEventListener('abort', wake);
      });
    }
  }

  async commits(count: number): Promise<void> {
    const wanted = this.all('step.committed').length + count;
    await this.until(`${count} more steps were committed`, () =>
      this.all('step.committed').length >= wanted ? true : undefined,
    );
  }

  all<Type extends EventType>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** Names of the workers' pods that nobody has deleted. */
  async workers(): Promise<string[]> {
    const { items } = await this.kubectl.json<{
      items: { metadata: { name: string; deletionTimestamp?: string } }[];
    }>('get', 'pods', '--selector=app.kubernetes.io/name=atelier-worker');
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  /** A pod that is deleted takes its stream with it: the next one goes on where that ended. */
  async #follow(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const file = `/runs/${RUN}/events.jsonl`;
      const command = ['tail', '-n', `+${this.events.length + 1}`, '-F', file];
      for await (const line of this.kubectl.lines(COORDINATOR, command, signal)) {
        const event = eventOf(line);
        // Cut off with its pod: it is read again.
        if (event === undefined) break;
        this.events.push(event);
        for (const wake of [...this.#asking]) wake();
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function eventOf(line: string): RunEvent | undefined {
  try {
    return runEventSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** For a cluster that cannot have its image. */
const WITHOUT_GRAFANA = {
  target: { kind: 'Deployment', name: 'atelier-grafana' },
  patch: stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'atelier-grafana' },
    $patch: 'delete',
  }),
};
