import { expect, it } from 'vitest';
import { minioFailureOf } from './minio-failure.ts';

/** What is known when the server at e answers a write with this error. */
function answered(code: string, message: string) {
  const place = { location: 's3://b', bucket: 'b', endpoint: 'e', accessKey: 'k', waitedMs: undefined };
  const cause = Object.assign(new Error(message), { code });
  const { error, isTransient } = minioFailureOf({ what: 'write o', ...place, status: 500, cause });
  return { message: error.message, isTransient };
}

it('calls a drive full whichever of its two ways the server has to say so', () => {
  const isFull = 's3://b: cannot write o: e is full: free or add disk space there';
  expect(
    answered('XMinioStorageFull', 'Storage backend has reached its minimum free drive threshold.'),
  ).toEqual({
    message: `${isFull} (XMinioStorageFull)`,
    isTransient: false,
  });
  const cause = 'We encountered an internal error, please try again.: cause(no space left on device)';
  expect(answered('InternalError', cause)).toEqual({
    message: `${isFull} (InternalError)`,
    isTransient: false,
  });
});

it('tries again after any other internal error', () => {
  expect(answered('InternalError', 'We encountered an internal error, please try again.')).toEqual({
    message: 's3://b: cannot write o: e is not ready at the moment (InternalError)',
    isTransient: true,
  });
});

it('tries again where the server did not keep the whole of it: then it says why', () => {
  expect(answered('IncompleteBody', 'You did not provide the number of bytes you said.')).toEqual({
    message:
      's3://b: cannot write o: e stored only a part of it: check the space on its drives, and the network (IncompleteBody)',
    isTransient: true,
  });
});
