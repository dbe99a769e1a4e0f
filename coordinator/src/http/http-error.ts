import { CodedError } from '@atelier/shared/errors/coded-error';

type HttpErrorCode = 'not-listening' | 'bad-token';

export class HttpError extends CodedError<HttpErrorCode> {}
