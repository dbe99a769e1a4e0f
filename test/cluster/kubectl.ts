import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** Of one command. Only a cluster that is much too busy, or a fault, comes near it. */
const DEADLINE_MS = 300_000;
const COMMAND = process.env['KUBECTL'] ?? 'kubectl';

/** A port of the cluster on this machine, for as long as it is not disposed of. */
export interface Forward extends AsyncDisposable {
  /** host:port */
  readonly address: string;
}

/** kubectl in one namespace, of the cluster that KUBECONFIG names; KUBECTL is another path of it. */
export class Kubectl {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** What it prints. @throws Error with what it says when it fails */
  async run(...args: readonly string[]): Promise<string> {
    const options = { timeout: DEADLINE_MS, maxBuffer: 2 ** 28 };
    const { stdout } = await promisify(execFile)(COMMAND, this.#line(args), options);
    return stdout;
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run(...args, '--output=json')) as T;
  }

  /** @param yaml or JSON, of any number of objects */
  async apply(yaml: string): Promise<void> {
    const child = spawn(COMMAND, this.#line(['apply', '--filename=-']), {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.stdin?.end(yaml);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`kubectl apply ended with ${code}`);
  }

  /** A command in the pod's first container. */
  exec(pod: string, ...command: readonly string[]): Promise<string> {
    return this.run('exec', pod, '--', ...command);
  }

  /** The lines that a command in a pod prints, until it or the pod ends. */
  async *lines(pod: string, command: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    const child = spawn(COMMAND, this.#line(['exec', pod, '--', ...command]), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const end = () => child.kill();
    signal.addEventListener('abort', end, { once: true });
    try {
      yield* createInterface({ input: child.stdout });
    } finally {
      signal.removeEventListener('abort', end);
      child.kill();
    }
  }

  /** @param target pod/NAME, service/NAME */
  async forward(target: string, port: number): Promise<Forward> {
    const child = spawn(COMMAND, this.#line(['port-forward', target, `:${port}`]), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const address = /^Forwarding from (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address === undefined) continue;
      // What it says later would fill the pipe.
      child.stdout.resume();
      return { address, [Symbol.asyncDispose]: () => ended(child) };
    }
    throw new Error(`kubectl port-forward ${target} ${port} ended`);
  }

  #line(args: readonly string[]): string[] {
    return ['--namespace', this.namespace, ...args];
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
