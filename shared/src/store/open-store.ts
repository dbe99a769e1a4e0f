import { LocalStore } from './local-store.ts';
import { MinioStore } from './minio-store.ts';
import type { ObjectStore } from './object-store.ts';
import { isS3Url, s3ConnectionOf, s3LocationOf } from './s3-connection.ts';

/**
 * @param location `s3://bucket/prefix`, or 'local' for the folder
 * @param env where the endpoint and the credentials of `s3://` come from, see `s3ConnectionOf`
 * @throws ObjectStoreError 'denied' | 'unavailable' | 'bad-key'; whether the store is there, its first use tells
 */
export function openStore(
  location: string,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): ObjectStore {
  if (!isS3Url(location)) return new LocalStore(folder);
  return new MinioStore({ ...s3ConnectionOf(env), ...s3LocationOf(location) });
}
