import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** More than any message of the control plane, less than the first bytes of a tensor. */
const TENSOR_BYTES = 8_192;

/**
 * A network between a worker and its coordinator that can stand still, both ways: what is sent meanwhile arrives
 * afterwards.
 */
export class NetworkLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  /** What has been read and is to be written when the link moves again. */
  readonly #kept: (() => void)[] = [];
  #isHeld = false;
  #reportPush: (() => void) | undefined;

  private constructor(target: string) {
    const [host = '', port] = target.split(':');
    this.#target = { host, port: Number(port) };
    this.#server = createServer((near) => this.#join(near));
  }

  /** @param target host:port at the other end */
  static async open(target: string): Promise<NetworkLink> {
    const link = new NetworkLink(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  /** host:port to connect to. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the link is closed');
    return `127.0.0.1:${address.port}`;
  }

  /** Stands still from the middle of the next tensor that the worker sends. Resolves when it does. */
  holdInPush(): Promise<void> {
    return new Promise((resolve) => {
      this.#reportPush = resolve;
    });
  }

  release(): void {
    this.#isHeld = false;
    for (const write of this.#kept.splice(0)) write();
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.#target);
    this.#carry(near, far, (bytes) => this.#pushed(bytes, far));
    this.#carry(far, near, (bytes) => near.write(bytes));
  }

  #carry(from: Socket, to: Socket, pass: (bytes: Buffer) => void): void {
    this.#sockets.add(from);
    from.setNoDelay();
    from.on('data', (bytes) => {
      if (this.#isHeld) this.#kept.push(() => to.write(bytes));
      else pass(bytes);
    });
    from.on('end', () => to.end());
    // A connection that breaks at one end breaks at the other.
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#isHeld) from.pause();
  }

  #pushed(bytes: Buffer, to: Socket): void {
    if (this.#reportPush === undefined || bytes.length < TENSOR_BYTES) {
      to.write(bytes);
      return;
    }
    to.write(bytes.subarray(0, TENSOR_BYTES / 2));
    this.#kept.push(() => to.write(bytes.subarray(TENSOR_BYTES / 2)));
    this.#isHeld = true;
    for (const socket of this.#sockets) socket.pause();
    this.#reportPush();
    this.#reportPush = undefined;
  }
}
