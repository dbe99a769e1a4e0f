import { endianness } from 'node:os';
import { z } from 'zod';
import { CodedError } from '../errors/coded-error.ts';
import { sizeOf } from '../layout/flat-layout.ts';
import { duplicateKeyOf } from './duplicate-key.ts';

/**
 * The safetensors format (https://huggingface.co/docs/safetensors): eight bytes of little-endian header length, a
 * JSON header {name: {dtype, shape, data_offsets}}, then the data. Here all tensors are F32.
 */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export class SafetensorsError extends CodedError<'bad-safetensors'> {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-safetensors', message, options);
  }
}

const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

const headerSchema = z.record(
  z.string(),
  z.strictObject({
    dtype: z.literal('F32'),
    shape: z.array(z.number().int().nonnegative()),
    data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
  }),
);
const metadataSchema = z.record(z.string(), z.string());

/**
 * The file's bytes; the data begin at a multiple of eight.
 * @param metadata texts for whoever reads the file; none: no `__metadata__`
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  expectLittleEndian();
  const header: z.infer<typeof headerSchema> = {};
  let end = 0;
  for (const { name, shape, values } of tensors) {
    if (Object.hasOwn(header, name) || name === '__metadata__')
      throw new SafetensorsError(`two tensors are named '${name}'`);
    if (sizeOf(shape) !== values.length) {
      throw new SafetensorsError(
        `tensor '${name}' has ${values.length} values for the shape [${shape.join(', ')}]`,
      );
    }
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [end, end + values.byteLength] };
    end += values.byteLength;
  }
  const described = metadata === undefined ? header : { __metadata__: metadata, ...header };
  const json = Buffer.from(JSON.stringify(described));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end).fill(
    0x20,
    LENGTH_BYTES,
    LENGTH_BYTES + headerBytes,
  );
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return file;
}

/**
 * The tensors in the order of their data, as copies.
 * @throws SafetensorsError for anything but a whole and exact file of F32 tensors
 */
export function decodeSafetensors(file: Uint8Array): NamedTensor[] {
  expectLittleEndian();
  const { json, data } = cut(file);
  const entries = [...Object.entries(headerOf(json))].sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let expected = 0;
  const tensors = entries.map(
    ([
      name,
      {
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      const size = sizeOf(shape) * 4;
      if (!Number.isSafeInteger(size) || end - begin !== size) {
        throw new SafetensorsError(
          `tensor '${name}' of shape [${shape.join(', ')}] lies at [${begin}, ${end})`,
        );
      }
      if (begin !== expected || end > data.byteLength) {
        const free = `[${expected}, ${data.byteLength})`;
        throw new SafetensorsError(
          `tensor '${name}' lies at [${begin}, ${end}), but the data left to it are ${free}`,
        );
      }
      expected = end;
      return { name, shape, values: new Float32Array(copyOf(data.subarray(begin, end))) };
    },
  );
  if (expected !== data.byteLength)
    throw new SafetensorsError(`${data.byteLength - expected} bytes belong to no tensor`);
  return tensors;
}

function cut(file: Uint8Array): { json: string; data: Uint8Array } {
  if (file.byteLength < LENGTH_BYTES)
    throw new SafetensorsError(`${file.byteLength} bytes are too few for a header`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  const available = Math.min(file.byteLength - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (declared > BigInt(available)) {
    throw new SafetensorsError(
      `the header would be ${declared} bytes long, at most ${available} are possible`,
    );
  }
  const end = LENGTH_BYTES + Number(declared);
  try {
    const json = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(LENGTH_BYTES, end));
    return { json, data: file.subarray(end) };
  } catch (cause) {
    throw new SafetensorsError('the header is not UTF-8', { cause });
  }
}

function headerOf(json: string): z.infer<typeof headerSchema> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new SafetensorsError('the header is not JSON', { cause });
  }
  // JSON.parse keeps the last of two equal names without a word.
  const duplicate = duplicateKeyOf(json);
  if (duplicate !== undefined) throw new SafetensorsError(`two tensors are named '${duplicate}'`);
  const { __metadata__: metadata = {}, ...tensors } = z
    .record(z.string(), z.unknown())
    .catch({})
    .parse(parsed);
  const result = headerSchema.safeParse(tensors);
  if (!result.success) throw new SafetensorsError(`the header is wrong: ${z.prettifyError(result.error)}`);
  if (!metadataSchema.safeParse(metadata).success) throw new SafetensorsError('__metadata__ must hold texts');
  return result.data;
}

function expectLittleEndian(): void {
  if (endianness() !== 'LE')
    throw new SafetensorsError('this machine is big-endian: checkpoints are little-endian');
}

/** At an aligned place. Not `slice`: a Buffer's shares its memory. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
