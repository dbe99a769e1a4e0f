import type { CoordinatorMessageInput } from '@atelier/proto/generated/atelier/v1/CoordinatorMessage';
import type { Heartbeat } from '@atelier/proto/generated/atelier/v1/Heartbeat';
import type { Hello } from '@atelier/proto/generated/atelier/v1/Hello';

/** The way to a worker: its Join stream. After `end`, `send` does nothing. */
export interface WorkerLink {
  send(message: CoordinatorMessageInput): void;
  end(): void;
}

/**
 * joining: loads its engine, model and data. ready: checked, but the run has no parameters yet.
 * active: has a part in the steps. draining: finishes what it holds. gone: nothing of it counts any more.
 */
export type SessionState = 'joining' | 'ready' | 'active' | 'draining' | 'gone';

/** One lease of membership: one Join stream. A worker that was out and comes back has a new one. */
export class Session {
  readonly id: string;
  readonly hello: Hello;
  readonly link: WorkerLink;
  state: SessionState = 'joining';
  device = '';
  heartbeat: Heartbeat | undefined;
  /** By group: the version that it was last told the place of. */
  readonly offered = new Map<string, number>();
  /** On the loop's clock, ms. */
  heardAt: number;

  constructor(id: string, hello: Hello, link: WorkerLink, now: number) {
    this.id = id;
    this.hello = hello;
    this.link = link;
    this.heardAt = now;
  }

  get isGone(): boolean {
    return this.state === 'gone';
  }
}
