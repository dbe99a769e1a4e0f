import { ObjectStoreError } from './object-store.ts';

/** How an S3 server is reached. */
export interface S3Connection {
  /** http: or https:, without a path. */
  readonly endpoint: URL;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
}

/** A place in a bucket. */
export interface S3Location {
  readonly bucket: string;
  /** Before every key: empty, or ending with '/'. */
  readonly prefix: string;
}

const AWS = 'https://s3.amazonaws.com';
const DEFAULT_REGION = 'us-east-1';

/** Bucket names by the rules of S3; the prefix by those of object keys. */
export const S3_URL: RegExp = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9_.-]+)*\/?$/;

export function isS3Url(text: string): boolean {
  return text.startsWith('s3://');
}

/** `s3://bucket` or `s3://bucket/prefix`. @throws ObjectStoreError 'bad-key' */
export function s3LocationOf(url: string): S3Location {
  const [, bucket, path = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[A-Za-z0-9_.-]+)*)\/?$/.exec(url) ?? [];
  if (bucket === undefined) {
    throw new ObjectStoreError('bad-key', `${url} must be s3://bucket or s3://bucket/prefix`);
  }
  return { bucket, prefix: path === '' ? '' : `${path.slice(1)}/` };
}

/**
 * From the variables that every S3 tool reads: AWS_ENDPOINT_URL_S3 (default: AWS itself), AWS_REGION, AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
 * @throws ObjectStoreError 'denied' naming the variable to set
 */
export function s3ConnectionOf(env: NodeJS.ProcessEnv): S3Connection {
  const accessKey = env['AWS_ACCESS_KEY_ID'] ?? '';
  const secretKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
  if (accessKey === '' || secretKey === '') {
    const missing = accessKey === '' ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new ObjectStoreError(
      'denied',
      `the credentials for s3:// are missing: set ${missing} in the environment`,
    );
  }
  return {
    endpoint: endpointOf(env['AWS_ENDPOINT_URL_S3'] ?? AWS),
    region: env['AWS_REGION'] ?? DEFAULT_REGION,
    accessKey,
    secretKey,
    sessionToken: env['AWS_SESSION_TOKEN'],
  };
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/') {
    const wanted = 'wanted http://host:port or https://host:port';
    throw new ObjectStoreError('unavailable', `AWS_ENDPOINT_URL_S3: got ${JSON.stringify(text)}, ${wanted}`);
  }
  return url;
}
