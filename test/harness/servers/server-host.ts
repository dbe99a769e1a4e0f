/** What a server is started with. Its paths and ports are this machine's, also in a container. */
export interface ServerCommand {
  /** Its configuration and data: the one folder that it sees and writes. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A folder below, to be a file system of so many bytes in memory. It is gone with the server's life. */
  readonly limited?: { readonly folder: string; readonly sizeBytes: number };
}

/** Where a server lives: in a process or in a container. */
export interface ServerHost extends AsyncDisposable {
  readonly description: string;
  /** One more life; it need not answer yet. */
  start(): Promise<void>;
  /** SIGKILL, and until it is gone. Nothing without a life. */
  kill(): Promise<void>;
  freeze(): Promise<void>;
  wake(): Promise<void>;
  isAlive(): Promise<boolean>;
  /** The end of what it printed. */
  logTail(): Promise<string>;
}

export const TAIL_LINES = 20;
