/** What happened to a run, in the past participle. One JSON object a line in the run folder's events.jsonl. */
export type RunEvent = {
  readonly time: string;
  readonly runId: string;
  readonly sequence: number;
} & RunEventBody;

export type RunEventBody =
  | { readonly type: 'run.started'; readonly step: number; readonly incarnation: string }
  | { readonly type: 'run.paused'; readonly step: number }
  | { readonly type: 'run.resumed'; readonly step: number }
  | { readonly type: 'run.completed'; readonly step: number }
  | { readonly type: 'run.stopped'; readonly step: number }
  | { readonly type: 'run.failed'; readonly step: number; readonly reason: string }
  | { readonly type: 'worker.joined'; readonly worker: string; readonly device: string }
  | {
      readonly type: 'worker.refused';
      readonly worker: string;
      readonly code: string;
      readonly reason: string;
    }
  | { readonly type: 'worker.drained'; readonly worker: string }
  | { readonly type: 'worker.lost'; readonly worker: string; readonly reason: string }
  | {
      readonly type: 'block.reassigned';
      readonly step: number;
      readonly node: string;
      readonly reason: string;
    }
  | { readonly type: 'gradient.rejected'; readonly step: number; readonly reason: string }
  | {
      readonly type: 'step.committed';
      readonly step: number;
      readonly iteration: number;
      readonly losses: Readonly<Record<string, number>>;
    }
  | { readonly type: 'epoch.completed'; readonly domain: string; readonly epoch: number }
  | {
      readonly type: 'checkpoint.saved';
      readonly step: number;
      readonly path: string;
      readonly bytes: number;
    }
  | { readonly type: 'checkpoint.failed'; readonly step: number; readonly reason: string }
  | { readonly type: 'checkpoint.damaged'; readonly path: string; readonly reason: string }
  | { readonly type: 'checkpoint.deleted'; readonly step: number }
  | {
      readonly type: 'sample.rendered';
      readonly step: number;
      readonly iteration: number;
      readonly path: string;
    };

/** Where events go: a JSONL file by default, later NATS. `publish` never throws and never waits on a network. */
export interface EventBus {
  publish(event: RunEvent): void;
  close(): Promise<void>;
}
