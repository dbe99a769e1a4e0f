import { type ContainerRuntimeClient, GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import { guard } from './guard.ts';
import { type ServerCommand, type ServerHost, TAIL_LINES } from './server-host.ts';

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>;

/** A server in a container that shares the network and the server's folder with the tests, and acts as their user. */
export class ServerContainer implements ServerHost {
  readonly description: string;
  readonly #image: string;
  readonly #command: ServerCommand;
  #container: Container | undefined;

  constructor(program: { readonly image: string; readonly description: string }, command: ServerCommand) {
    this.description = program.description;
    this.#image = program.image;
    this.#command = command;
  }

  async start(): Promise<void> {
    if (this.#container === undefined) this.#container = await this.#create();
    else await this.#container.start();
  }

  async kill(): Promise<void> {
    if (this.#container === undefined || !(await this.isAlive())) return;
    const gone = this.#container.wait();
    await this.#container.kill();
    await gone;
  }

  async freeze(): Promise<void> {
    await this.#container?.pause();
  }

  async wake(): Promise<void> {
    await this.#container?.unpause();
  }

  async isAlive(): Promise<boolean> {
    return (await this.#container?.inspect())?.State.Running ?? false;
  }

  async logTail(): Promise<string> {
    const log = await this.#container?.logs({ stdout: true, stderr: true, tail: TAIL_LINES });
    return log?.toString('utf8') ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container?.remove({ force: true, v: true });
    if (this.#container !== undefined) guard({ endedContainer: this.#container.id });
    this.#container = undefined;
  }

  async #create(): Promise<Container> {
    const { folder, args, env, limited } = this.#command;
    const container = new GenericContainer(this.#image)
      .withCommand([...args])
      .withEnvironment({ ...env })
      .withNetworkMode('host')
      .withBindMounts([{ source: folder, target: folder, mode: 'rw' }])
      .withUser(`${process.getuid?.()}:${process.getgid?.()}`);
    if (limited !== undefined)
      container.withTmpFs({ [limited.folder]: `size=${limited.sizeBytes},mode=0777` });
    const id = (await container.start()).getId();
    guard({ container: id });
    return (await getContainerRuntimeClient()).container.getById(id);
  }
}
