import { MinioStore, type MinioStoreOptions } from '@atelier/shared/store/minio-store';
import type { S3Connection } from '@atelier/shared/store/s3-connection';
import { Client } from 'minio';
import type { MinioServer } from './minio-server.ts';

/** Root's own way into a server. */
export function connectionTo(server: MinioServer): S3Connection {
  const { accessKey, secretKey, endpoint } = server;
  return { endpoint: new URL(endpoint), region: 'us-east-1', accessKey, secretKey };
}

/** What a process needs to find the server's `s3://` places. */
export function environmentFor(server: MinioServer): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
  };
}

/** Another program's client, for what a store never does: buckets, versioning, foreign objects. */
export function rootClient(server: MinioServer): Client {
  const { hostname, port } = new URL(server.endpoint);
  const { accessKey, secretKey } = server;
  return new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
}

/** A store on the server, impatient, so that no test waits for long. */
export function storeOn(
  server: MinioServer,
  bucket: string,
  options: Partial<MinioStoreOptions> = {},
): MinioStore {
  return new MinioStore({ ...connectionTo(server), bucket, prefix: '', requestMs: 10_000, ...options });
}
