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

/** Sum of squares in float64: element i goes to partial sum i mod 4, and the result is (s0 + s1) + (s2 + s3). */
export function sumOfSquares(source: usize, length: usize): f64 {
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
  if (tail > 0) sum0 += squareAt(source);
  if (tail > 1) sum1 += squareAt(source + 4);
  if (tail > 2) sum2 += squareAt(source + 8);
  return sum0 + sum1 + (sum2 + f64x2.extract_lane(high, 1));
}

function squareAt(pointer: usize): f64 {
  const value = <f64>load<f32>(pointer);
  return value * value;
}

/** Whether no element is an infinity or a NaN: those, and only those, have all exponent bits set. */
export function allFinite(source: usize, length: usize): bool {
  const exponent: i32 = 0x7f800000;
  const exponents = i32x4.splat(exponent);
  const vectorsEnd = source + ((length & ~3) << 2);
  const end = source + (length << 2);
  let found = i32x4.splat(0);
  for (; source < vectorsEnd; source += 16) {
    found = v128.or(found, i32x4.eq(v128.and(v128.load(source), exponents), exponents));
  }
  if (v128.any_true(found)) return false;
  for (; source < end; source += 4) {
    if ((load<i32>(source) & exponent) === exponent) return false;
  }
  return true;
}
