import { RefusedError } from '../refusals/refused-error.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const END_CHUNK = Buffer.from('0000000049454e44ae426082', 'hex');
const HEADER_BYTES = 33;
const MOST_PIXELS = 16_384;

/**
 * Whether the bytes are a whole PNG of a believable size: signature, IHDR, IEND (W3C PNG, 3rd edition, 5.2 and 11.2).
 * @throws RefusedError 'bad-image'
 */
export function checkPng(png: Uint8Array): void {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.length < HEADER_BYTES + END_CHUNK.length || !bytes.subarray(0, 8).equals(SIGNATURE)) {
    throw new RefusedError('bad-image', `png: got ${bytes.length} bytes that are not a PNG file`);
  }
  if (bytes.toString('latin1', 12, 16) !== 'IHDR' || !bytes.subarray(-END_CHUNK.length).equals(END_CHUNK)) {
    throw new RefusedError(
      'bad-image',
      `png: got ${bytes.length} bytes without IHDR or IEND, wanted a whole PNG`,
    );
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width === 0 || height === 0 || width > MOST_PIXELS || height > MOST_PIXELS) {
    throw new RefusedError(
      'bad-image',
      `png: got ${width} x ${height} pixels, wanted 1 to ${MOST_PIXELS} each way`,
    );
  }
}
