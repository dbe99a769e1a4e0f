/**
 * bfloat16: the upper half of a float32, packed two to a word. Rounding is to nearest, ties to even; what is too large
 * becomes an infinity, denormals are kept, and every NaN becomes 0x7fc0, so that no payload decides a bit.
 */

const QUIET_NAN: i32 = 0x7fc0;
const BELOW_HALF: i32 = 0x7fff;

/** Of four float32 lanes, in the low half of each lane. */
function roundLanes(values: v128): v128 {
  const odd = v128.and(i32x4.shr_u(values, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(values, i32x4.add(odd, i32x4.splat(BELOW_HALF))), 16);
  return v128.bitselect(i32x4.splat(QUIET_NAN), rounded, f32x4.ne(values, values));
}

function roundOne(value: f32): u16 {
  const bits = reinterpret<u32>(value);
  if ((bits & 0x7fff_ffff) > 0x7f80_0000) return <u16>QUIET_NAN;
  return <u16>((bits + ((bits >> 16) & 1) + <u32>BELOW_HALF) >> 16);
}

function widenLow(packed: v128): v128 {
  return i32x4.shl(i32x4.extend_low_i16x8_u(packed), 16);
}

function widenHigh(packed: v128): v128 {
  return i32x4.shl(i32x4.extend_high_i16x8_u(packed), 16);
}

function widenOne(pointer: usize): f32 {
  return reinterpret<f32>((<u32>load<u16>(pointer)) << 16);
}

function packLanes(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_u(roundLanes(low), roundLanes(high));
}

/** target = bf16(source), `length` elements; an odd length leaves a zero in the last word's upper half. */
export function packBf16(target: usize, source: usize, length: usize): void {
  const vectorsEnd = target + ((length & ~7) << 1);
  const end = target + (length << 1);
  for (; target < vectorsEnd; target += 16, source += 32) {
    v128.store(target, packLanes(v128.load(source), v128.load(source, 16)));
  }
  for (; target < end; target += 2, source += 4) store<u16>(target, roundOne(load<f32>(source)));
  if (length & 1) store<u16>(target, 0);
}

/** target = source, widened to float32. */
export function unpackBf16(target: usize, source: usize, length: usize): void {
  const vectorsEnd = source + ((length & ~7) << 1);
  const end = source + (length << 1);
  for (; source < vectorsEnd; source += 16, target += 32) {
    const packed = v128.load(source);
    v128.store(target, widenLow(packed));
    v128.store(target, widenHigh(packed), 16);
  }
  for (; source < end; source += 2, target += 4) store<f32>(target, widenOne(source));
}

/** target = bf16(target + source), both packed; the sum is taken in float32. */
export function addBf16(target: usize, source: usize, length: usize): void {
  const vectorsEnd = target + ((length & ~7) << 1);
  const end = target + (length << 1);
  for (; target < vectorsEnd; target += 16, source += 16) {
    const left = v128.load(target);
    const right = v128.load(source);
    const low = f32x4.add(widenLow(left), widenLow(right));
    const high = f32x4.add(widenHigh(left), widenHigh(right));
    v128.store(target, packLanes(low, high));
  }
  for (; target < end; target += 2, source += 2) {
    store<u16>(target, roundOne(widenOne(target) + widenOne(source)));
  }
}

/** difference = bf16(source - target), packed; target += difference: what is lost now is in the next difference. */
export function followBf16(target: usize, source: usize, difference: usize, length: usize): void {
  const vectorsEnd = difference + ((length & ~7) << 1);
  const end = difference + (length << 1);
  for (; difference < vectorsEnd; difference += 16, source += 32, target += 32) {
    const low = v128.load(target);
    const high = v128.load(target, 16);
    const packed = packLanes(f32x4.sub(v128.load(source), low), f32x4.sub(v128.load(source, 16), high));
    v128.store(difference, packed);
    v128.store(target, f32x4.add(low, widenLow(packed)));
    v128.store(target, f32x4.add(high, widenHigh(packed)), 16);
  }
  for (; difference < end; difference += 2, source += 4, target += 4) {
    const old = load<f32>(target);
    store<u16>(difference, roundOne(load<f32>(source) - old));
    store<f32>(target, old + widenOne(difference));
  }
  if (length & 1) store<u16>(difference, 0);
}

/** target += difference, which is packed: what `followBf16` has done to its target. */
export function addDifferenceBf16(target: usize, difference: usize, length: usize): void {
  const vectorsEnd = difference + ((length & ~7) << 1);
  const end = difference + (length << 1);
  for (; difference < vectorsEnd; difference += 16, target += 32) {
    const packed = v128.load(difference);
    v128.store(target, f32x4.add(v128.load(target), widenLow(packed)));
    v128.store(target, f32x4.add(v128.load(target, 16), widenHigh(packed)), 16);
  }
  for (; difference < end; difference += 2, target += 4) {
    store<f32>(target, load<f32>(target) + widenOne(difference));
  }
}
