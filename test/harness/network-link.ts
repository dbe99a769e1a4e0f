import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** up: towards the coordinator. */
export type Direction = 'up' | 'down';

/** A network between a worker and its coordinator that can stand still: what is sent meanwhile arrives afterwards. */
export class NetworkLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #held = new Set<Direction>();
  /** By the direction of what is read from them. */
  readonly #sockets: Readonly<Record<Direction, Set<Socket>>> = { up: new Set(), down: new Set() };

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

  hold(direction: Direction): void {
    this.#held.add(direction);
    for (const socket of this.#sockets[direction]) socket.pause();
  }

  release(): void {
    this.#held.clear();
    for (const socket of [...this.#sockets.up, ...this.#sockets.down]) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of [...this.#sockets.up, ...this.#sockets.down]) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    const far = connect(this.#target);
    this.#carry(near, far, 'up');
    this.#carry(far, near, 'down');
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    const sockets = this.#sockets[direction];
    sockets.add(from);
    from.on('data', (bytes) => to.write(bytes));
    from.on('end', () => to.end());
    // A connection that breaks at one end breaks at the other.
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (this.#held.has(direction)) from.pause();
  }
}
