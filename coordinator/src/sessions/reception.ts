import type { Heartbeat } from '@atelier/proto/generated/atelier/v1/Heartbeat';
import type { Ready } from '@atelier/proto/generated/atelier/v1/Ready';
import type { WorkerMessage } from '@atelier/proto/generated/atelier/v1/WorkerMessage';
import { checkHello, readCredentials } from '../identity/admission.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import { InitialValues } from './initial-values.ts';
import type { JoinedRun } from './joined-run.ts';
import type { Session, WorkerLink } from './session.ts';

const WORKER_MESSAGES = ['ready', 'heartbeat', 'block_failed', 'drain_request', 'render_failed'];

/**
 * Who comes and goes: joining -> ready -> active -> draining -> gone. A session is ready when its engine and model
 * are found to be the run's, and active once the run has parameters.
 */
export class Reception {
  readonly #run: JoinedRun;
  readonly #initialValues = new InitialValues();

  constructor(modules: { readonly run: JoinedRun }) {
    this.#run = modules.run;
    modules.run.whenWhole(() => this.admitReady());
  }

  /** The first message of a stream. @throws RefusedError 'protocol-version' | 'bad-message' | 'stopping' */
  greet({ body, hello }: WorkerMessage, link: WorkerLink): Session {
    if (hello === undefined || hello === null) {
      throw RefusedError.mismatch('bad-message', 'first message of the stream', body ?? 'nothing', 'hello');
    }
    checkHello(hello);
    this.#run.assertOpen();
    const { identity, config, memory, sessions, clock } = this.#run;
    const session = sessions.open(hello, link, clock.now());
    link.send({
      welcome: {
        ...identity,
        sessionId: session.id,
        configJson: JSON.stringify(config),
        leaseMs: config.scheduling.leaseMs,
        heartbeatMs: config.scheduling.heartbeatMs,
        memoryId: memory.id,
      },
    });
    return session;
  }

  /** Every message but the first. @throws RefusedError 'bad-message' | 'fingerprint' | 'definition' | 'stopping' */
  async take(session: Session, message: WorkerMessage): Promise<void> {
    // Sent before the worker knew that it was let go.
    if (session.isGone) return;
    const { body } = message;
    switch (body) {
      case 'ready':
        return this.#ready(session, given(message.ready, body));
      case 'heartbeat':
        return this.#heard(session, given(message.heartbeat, body));
      case 'drainRequest':
        return this.drain(session);
      case 'renderFailed': {
        const { step, message: text } = given(message.renderFailed, body);
        return this.#run.rendering.failed(session, step, text);
      }
      case 'blockFailed': {
        const { step, node, message: text } = given(message.blockFailed, body);
        const event = { type: 'block-failed', session: session.id, step, message: text } as const;
        return this.#run.loop?.advance({ ...event, node: given(node, 'block_failed.node') });
      }
      case 'hello':
      case undefined:
        throw RefusedError.mismatch('bad-message', 'message', body ?? 'nothing', WORKER_MESSAGES);
    }
    body satisfies never;
    throw RefusedError.mismatch('bad-message', 'message', body, WORKER_MESSAGES);
  }

  /** Whoever is refused is told not to come back, unless the run only changes its coordinator; the operator sees why. */
  refuse({ code, message }: RefusedError, session: Session | undefined, link: WorkerLink): void {
    const { refusals, events, stopNotice } = this.#run;
    const worker = session?.hello.workerId ?? 'unknown';
    const isFirst = refusals.note(code, session?.id ?? 'unknown', { worker, message });
    if (code === 'stopping') {
      link.send({ stop: stopNotice });
      return;
    }
    if (isFirst) events.record({ type: 'worker.refused', worker, code, reason: message });
    link.send({ refused: { code, message } });
  }

  async #ready(session: Session, ready: Ready): Promise<void> {
    if (session.state !== 'joining')
      throw RefusedError.mismatch('bad-message', 'ready in state', session.state, 'joining');
    await this.#run.enroll(readCredentials(ready));
    if (session.isGone) return;
    this.#run.assertOpen();
    session.state = 'ready';
    session.device = ready.device;
    this.admitReady();
  }

  /** Lets the ready sessions into the loop, or has one of them compute the initial values first. */
  admitReady(): void {
    const { loop, sessions } = this.#run;
    if (loop === undefined) return;
    if (!loop.training.hasParameters) {
      this.#initialValues.seek(sessions);
      return;
    }
    if (!this.#run.isWhole) return;
    for (const session of sessions) if (session.state === 'ready') this.#activate(session);
  }

  #heard(session: Session, heartbeat: Heartbeat): void {
    session.heartbeat = heartbeat;
    session.heardAt = this.#run.clock.now();
    this.#run.loop?.advance({ type: 'worker-heard', session: session.id });
  }

  /** It may finish what it holds; it is given nothing more. */
  drain(session: Session): void {
    if (session.state === 'draining' || session.isGone) return;
    if (session.state === 'active') {
      session.state = 'draining';
      this.#run.loop?.advance({ type: 'drain-requested', session: session.id });
      return;
    }
    session.link.send({ drained: {} });
    session.link.end();
    this.#close(session);
    this.#run.events.record({ type: 'worker.drained', worker: session.hello.workerId });
  }

  /** Its stream is over, whoever ended it. */
  leave(session: Session, reason: string): void {
    if (session.isGone) return;
    const hadJoined = session.state === 'active' || session.state === 'draining';
    this.#close(session);
    if (!hadJoined) return;
    this.#run.events.record({ type: 'worker.lost', worker: session.hello.workerId, reason });
    this.#run.loop?.advance({ type: 'worker-left', session: session.id, reason });
  }

  #activate(session: Session): void {
    const { loop, events } = this.#run;
    if (loop === undefined) return;
    session.state = 'active';
    session.link.send({ accepted: { step: loop.training.step } });
    events.record({ type: 'worker.joined', worker: session.hello.workerId, device: session.device });
    loop.advance({ type: 'worker-joined', session: session.id, worker: session.hello.workerId });
  }

  #close(session: Session): void {
    this.#run.sessions.close(session);
    this.admitReady();
  }
}

/** @throws RefusedError 'bad-message' */
function given<Part>(part: Part | null | undefined, field: string): Part {
  if (part !== null && part !== undefined) return part;
  throw RefusedError.mismatch('bad-message', field, 'nothing', 'a value');
}
