/** target += source */
export function add(target: usize, source: usize, length: usize): void {
  const vectorsEnd = target + ((length & ~3) << 2);
  const end = target + (length << 2);
  for (; target < vectorsEnd; target += 16, source += 16) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
  }
  for (; target < end; target += 4, source += 4) {
    store<f32>(target, load<f32>(target) + load<f32>(source));
  }
}

/** target *= factor */
export function scale(target: usize, length: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  const vectorsEnd = target + ((length & ~3) << 2);
  const end = target + (length << 2);
  for (; target < vectorsEnd; target += 16) {
    v128.store(target, f32x4.mul(v128.load(target), factors));
  }
  for (; target < end; target += 4) {
    store<f32>(target, load<f32>(target) * factor);
  }
}

/** target += (source - target) * fraction: an exponential moving average whose fixed points stay exactly fixed. */
export function moveToward(target: usize, source: usize, length: usize, fraction: f32): void {
  const fractions = f32x4.splat(fraction);
  const vectorsEnd = target + ((length & ~3) << 2);
  const end = target + (length << 2);
  for (; target < vectorsEnd; target += 16, source += 16) {
    const old = v128.load(target);
    v128.store(target, f32x4.add(old, f32x4.mul(f32x4.sub(v128.load(source), old), fractions)));
  }
  for (; target < end; target += 4, source += 4) {
    const old = load<f32>(target);
    store<f32>(target, old + (load<f32>(source) - old) * fraction);
  }
}

/**
 * target *= factor, and the sum of squares of what it then is, in float64: element i goes to partial sum i mod 4, and the
 * result is (s0 + s1) + (s2 + s3). Not finite exactly when an element is not: no square of a float32 comes near the end
 * of float64.
 */
export function scaleAndSquare(target: usize, length: usize, factor: f32): f64 {
  const factors = f32x4.splat(factor);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const vectorsEnd = target + ((length & ~3) << 2);
  for (; target < vectorsEnd; target += 16) {
    const values = f32x4.mul(v128.load(target), factors);
    v128.store(target, values);
    const first = f64x2.promote_low_f32x4(values);
    const second = f64x2.promote_low_f32x4(v128.shuffle<i32>(values, values, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  let sum0 = f64x2.extract_lane(low, 0);
  let sum1 = f64x2.extract_lane(low, 1);
  let sum2 = f64x2.extract_lane(high, 0);
  const tail = length & 3;
  if (tail > 0) sum0 += scaledSquare(target, factor);
  if (tail > 1) sum1 += scaledSquare(target + 4, factor);
  if (tail > 2) sum2 += scaledSquare(target + 8, factor);
  return sum0 + sum1 + (sum2 + f64x2.extract_lane(high, 1));
}

/** The sum of squares of what is there, as of `scaleAndSquare`. */
export function squares(source: usize, length: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const vectorsEnd = source + ((length & ~3) << 2);
  for (; source < vectorsEnd; source += 16) {
    const values = v128.load(source);
    const first = f64x2.promote_low_f32x4(values);
    const second = f64x2.promote_low_f32x4(v128.shuffle<i32>(values, values, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  let sum0 = f64x2.extract_lane(low, 0);
  let sum1 = f64x2.extract_lane(low, 1);
  let sum2 = f64x2.extract_lane(high, 0);
  const tail = length & 3;
  if (tail > 0) sum0 += square(source);
  if (tail > 1) sum1 += square(source + 4);
  if (tail > 2) sum2 += square(source + 8);
  return sum0 + sum1 + (sum2 + f64x2.extract_lane(high, 1));
}

function square(source: usize): f64 {
  const value = <f64>load<f32>(source);
  return value * value;
}

function scaledSquare(target: usize, factor: f32): f64 {
  const scaled = load<f32>(target) * factor;
  store<f32>(target, scaled);
  return <f64>scaled * <f64>scaled;
}
