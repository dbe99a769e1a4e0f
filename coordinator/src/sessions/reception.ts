import type { Heartbeat } from '@atelier/proto/generated/atelier/v1/Heartbeat';
import type { Hello } from '@atelier/proto/generated/atelier/v1/Hello';
import type { Ready } from '@atelier/proto/generated/atelier/v1/Ready';
import { checkHello, readCredentials } from '../identity/admission.ts';
import { RefusedError } from '../refusals/refused-error.ts';
import type { Run } from '../run/run.ts';
import { InitialValues } from './initial-values.ts';
import type { Session, WorkerLink } from './session.ts';

/**
 * Who comes and goes: joining -> ready -> active -> draining -> gone. A session is ready when its engine and model
 * are found to be the run's, and active once the run has parameters.
 */
export class Reception {
  readonly #run: Run;
  readonly #initialValues = new InitialValues();

  constructor(modules: { readonly run: Run }) {
    this.#run = modules.run;
    modules.run.whenWhole(() => this.admitReady());
  }

  /** @throws RefusedError 'protocol-version' | 'bad-message' | 'stopping' */
  greet(hello: Hello, link: WorkerLink): Session {
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

  /** @throws RefusedError 'bad-message' | 'fingerprint' | 'definition' | 'stopping' */
  async ready(session: Session, ready: Ready): Promise<void> {
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

  heard(session: Session, heartbeat: Heartbeat): void {
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
