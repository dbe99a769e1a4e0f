import { CodedError } from '../errors/coded-error.ts';
import { codeOf } from '../errors/error-code.ts';
import { ObjectStoreError, type ObjectStoreErrorCode } from './object-store.ts';

/** A request that came to nothing, and all that is known about it. */
export interface FailedRequest {
  /** Completes "cannot ...". */
  readonly what: string;
  /** s3://bucket/prefix */
  readonly location: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly accessKey: string;
  /** Of the answer, if there was one. */
  readonly status: number | undefined;
  /** In ms, if that was too long. */
  readonly waitedMs: number | undefined;
  readonly cause: unknown;
}

export interface MinioFailure {
  readonly error: ObjectStoreError;
  /** Whether the same request may well succeed in a moment. */
  readonly isTransient: boolean;
}

/** The server began to send an object and did not end. */
export class BrokenOffError extends CodedError<'broken-off'> {
  constructor(message: string, options?: ErrorOptions) {
    super('broken-off', message, options);
  }
}

type Explain = (request: FailedRequest) => string;
type Meaning = readonly [code: ObjectStoreErrorCode, isTransient: boolean, explain: Explain];

const full: Meaning = [
  'unavailable',
  false,
  ({ endpoint }) => `${endpoint} is full: free or add disk space there`,
];
const quota: Meaning = [
  'unavailable',
  false,
  ({ bucket }) => `the bucket ${bucket} has reached its quota: raise it, or remove old runs`,
];
const busy: Meaning = ['unavailable', true, ({ endpoint }) => `${endpoint} is not ready at the moment`];
const noBucket: Meaning = [
  'no-bucket',
  false,
  ({ bucket, endpoint }) =>
    `${endpoint} has no bucket ${bucket}: create it (mc mb ALIAS/${bucket}), or give another`,
];
const forbidden: Meaning = [
  'denied',
  false,
  ({ accessKey, bucket }) =>
    `the access key ${accessKey} has no permission: its policy must allow s3:ListBucket on ${bucket}, and s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on what is in it`,
];
const expired: Meaning = [
  'denied',
  false,
  () => 'the temporary credentials have expired or are wrong: renew AWS_SESSION_TOKEN with its keys',
];
const wrongRegion: Meaning = [
  'denied',
  false,
  ({ bucket }) => `AWS_REGION is not the region of the bucket ${bucket}`,
];
const unreadable: Meaning = [
  'damaged',
  true,
  ({ endpoint }) => `${endpoint} finds no complete copy of it on its drives, or too few drives are online`,
];

/** What the codes of S3 and of MinIO mean, and what a person can do. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['NoSuchKey', ['not-found', false, () => 'it is not there']],
  ['InvalidRange', ['truncated', false, () => 'it ends before']],
  ['NoSuchBucket', noBucket],
  [
    'InvalidAccessKeyId',
    [
      'denied',
      false,
      ({ endpoint, accessKey }) =>
        `${endpoint} does not know the access key ${accessKey}: check AWS_ACCESS_KEY_ID`,
    ],
  ],
  [
    'SignatureDoesNotMatch',
    [
      'denied',
      false,
      ({ accessKey }) =>
        `the secret does not belong to the access key ${accessKey}: check AWS_SECRET_ACCESS_KEY`,
    ],
  ],
  ['AccessDenied', forbidden],
  ['AllAccessDisabled', forbidden],
  ['ExpiredToken', expired],
  ['InvalidToken', expired],
  ['InvalidTokenId', expired],
  [
    'RequestTimeTooSkewed',
    [
      'denied',
      false,
      ({ endpoint }) =>
        `the clocks of this machine (${new Date().toISOString()}) and of ${endpoint} differ by more than 15 minutes: set them (NTP)`,
    ],
  ],
  ['AuthorizationHeaderMalformed', wrongRegion],
  ['InvalidRegion', wrongRegion],
  ['PermanentRedirect', wrongRegion],
  ['XMinioStorageFull', full],
  ['InsufficientStorage', full],
  ['XMinioAdminBucketQuotaExceeded', quota],
  ['QuotaExceeded', quota],
  ['SlowDown', busy],
  ['SlowDownWrite', busy],
  ['SlowDownRead', unreadable],
  ['ServiceUnavailable', busy],
  ['InternalError', busy],
  ['XMinioServerNotInitialized', busy],
  [
    'IncompleteBody',
    [
      'unavailable',
      true,
      ({ endpoint }) =>
        `${endpoint} stored only a part of it: check the space on its drives, and the network`,
    ],
  ],
]);

/** In the message of an InternalError: MinIO has a name for a full drive, and does not use it where it last notices one. */
const NO_SPACE = /no space left on device/;
const LOST_CONNECTION = /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET)$/;
const NO_CONNECTION = /^(ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/;
const NO_TRUST = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/;
const OTHER_PROTOCOL = /^(HPE_|EPROTO|ERR_SSL)/;

/** Puts the failure into the store's words: a code, and a message that says what to do. */
export function minioFailureOf(request: FailedRequest): MinioFailure {
  const { cause, status, waitedMs, endpoint } = request;
  if (cause instanceof ObjectStoreError) return { error: cause, isTransient: false };
  const code = String(codeOf(cause) ?? '');
  if (waitedMs !== undefined) {
    const patience = `${endpoint} did not answer within ${waitedMs / 1000} s: check whether it hangs or the network is slow`;
    return failure(request, 'unavailable', true, patience);
  }
  if (cause instanceof BrokenOffError) {
    return failure(
      request,
      'damaged',
      true,
      `${endpoint} stops in the middle of it: its copy may be damaged`,
    );
  }
  const meaning = code === 'InternalError' && NO_SPACE.test(messageOf(cause)) ? full : meanings.get(code);
  if (meaning !== undefined) {
    const [meant, isTransient, explain] = meaning;
    return failure(request, meant, isTransient, `${explain(request)} (${code})`);
  }
  if (status === 507) return failure(request, 'unavailable', false, full[2](request));
  if (status === 403) return failure(request, 'denied', false, forbidden[2](request));
  if (status !== undefined && status >= 300) {
    const answer = `${endpoint} answered ${status} ${code}`.trimEnd();
    return failure(request, 'unavailable', status >= 500 || status === 429 || status === 408, answer);
  }
  if (LOST_CONNECTION.test(code)) {
    return failure(request, 'unavailable', true, `the connection to ${endpoint} was lost (${code})`);
  }
  if (NO_CONNECTION.test(code)) {
    const advice = 'start it, or check AWS_ENDPOINT_URL_S3 and the network';
    return failure(request, 'unavailable', true, `${endpoint} cannot be reached (${code}): ${advice}`);
  }
  if (NO_TRUST.test(code)) {
    const advice = 'set NODE_EXTRA_CA_CERTS to the file of its certificate authority';
    return failure(
      request,
      'denied',
      false,
      `the certificate of ${endpoint} is not trusted (${code}): ${advice}`,
    );
  }
  if (OTHER_PROTOCOL.test(code)) {
    const advice = 'check http or https, and the port, in AWS_ENDPOINT_URL_S3';
    return failure(
      request,
      'unavailable',
      false,
      `the program at ${endpoint} is not an S3 server (${code}): ${advice}`,
    );
  }
  return failure(request, 'unavailable', false, messageOf(cause));
}

function failure(
  { what, location, cause }: FailedRequest,
  code: ObjectStoreErrorCode,
  isTransient: boolean,
  reason: string,
): MinioFailure {
  const error = new ObjectStoreError(code, `${location}: cannot ${what}: ${reason}`, { cause });
  return { error, isTransient };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
