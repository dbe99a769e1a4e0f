/**
 * A real server that a test may do anything to. It keeps its address and its data through a restart; disposing it ends
 * it and removes its data.
 */
export interface TestServer extends AsyncDisposable {
  /** Which it is, in words: "nats-server 2.15.1 (binary)", "local/nats:2.15.1 (container)". */
  readonly description: string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** After `kill`, or instead of it: with its data, at the same address. Resolves when it answers. */
  restart(): Promise<void>;
  /** It keeps its connections and says nothing (SIGSTOP), until `wake`. */
  freeze(): Promise<void>;
  wake(): Promise<void>;
}
