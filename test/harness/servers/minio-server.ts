import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freeAddress } from '../free-address.ts';
import { newServerFolder, RealServer, started } from './real-server.ts';

export interface MinioOptions {
  /**
   * Of its disk, which then is in memory: the server can be filled, and loses its data when it is killed. Default: a
   * folder on this machine's disk.
   */
  readonly diskBytes?: number;
}

export interface MinioLogin {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A MinIO server over one folder. To make it slow, put a NetworkLink in front of `address`. */
export class MinioServer extends RealServer implements MinioLogin {
  /** host:port. */
  readonly address: string;
  /** http://host:port. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly #dataFolder: string;

  constructor(
    folder: string,
    address: string,
    consoleAddress: string,
    login: MinioLogin,
    diskBytes?: number,
  ) {
    const dataFolder = join(folder, 'data');
    const env = {
      MINIO_ROOT_USER: login.accessKey,
      MINIO_ROOT_PASSWORD: login.secretKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      HOME: folder,
    };
    const args = ['server', '--address', address, '--console-address', consoleAddress, dataFolder];
    const limited = diskBytes === undefined ? {} : { limited: { folder: dataFolder, sizeBytes: diskBytes } };
    // The ready check is content before objects can be written.
    super('minio', { folder, args, env, ...limited }, `http://${address}/minio/health/cluster`);
    this.address = address;
    this.endpoint = `http://${address}`;
    this.accessKey = login.accessKey;
    this.secretKey = login.secretKey;
    this.#dataFolder = dataFolder;
  }

  /**
   * The files on its disk that hold an object, for a test that damages them. A small object is inside its xl.meta.
   * @throws Error where the disk is in memory
   */
  async objectFiles(bucket: string, key: string): Promise<string[]> {
    const folder = join(this.#dataFolder, bucket, key);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }
}

/** A real MinIO server without buckets. */
export async function startMinio({ diskBytes }: MinioOptions = {}): Promise<MinioServer> {
  const folder = await newServerFolder('minio');
  await mkdir(join(folder, 'data'));
  const login = { accessKey: 'test', secretKey: randomBytes(16).toString('hex') };
  const addresses = [await freeAddress(), await freeAddress()] as const;
  return started(new MinioServer(folder, ...addresses, login, diskBytes));
}
