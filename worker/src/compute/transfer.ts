/**
 * The buffers of arrays that are handed to another thread.
 * @throws TypeError when an array lies in shared memory or is a view of a part: handing it over would take the rest
 * along
 */
export function buffersOf(arrays: Iterable<ArrayBufferView>): ArrayBuffer[] {
  return Array.from(arrays, ({ buffer, byteLength }) => {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) {
      throw new TypeError('only an array that fills its own buffer can be moved to another thread');
    }
    return buffer;
  });
}
