/**
 * LAMB (You et al., "Large batch optimization for deep learning: training BERT in 76 minutes", ICLR 2020, algorithm 2), in
 * the order in which `adam` computes what the two share:
 *   m = m + (g - m) * (1 - beta1)
 *   v = v * beta2 + (1 - beta2) * g * g
 *   u = m * unbias1 / (sqrt(v) / rootCorrection2 + epsilon) + weightDecay * p
 *   p = p - rate * u
 * with unbias1 = 1 / (1 - beta1^t), rootCorrection2 = sqrt(1 - beta2^t) and rate = learningRate * |p| / |u|, where the norms
 * are those of the whole tensor. So |u| is found first, by `lambSquares`, which stores nothing.
 */
export function lamb(
  parameters: usize,
  gradient: usize,
  m: usize,
  v: usize,
  length: usize,
  fraction1: f32,
  beta2: f32,
  fraction2: f32,
  unbias1: f32,
  rootCorrection2: f32,
  epsilon: f32,
  weightDecay: f32,
  rate: f32,
): void {
  const fractions1 = f32x4.splat(fraction1);
  const betas2 = f32x4.splat(beta2);
  const fractions2 = f32x4.splat(fraction2);
  const unbiases1 = f32x4.splat(unbias1);
  const rootCorrections2 = f32x4.splat(rootCorrection2);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(weightDecay);
  const rates = f32x4.splat(rate);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16, m += 16, v += 16) {
    const g = v128.load(gradient);
    const p = v128.load(parameters);
    const oldM = v128.load(m);
    const newM = f32x4.add(oldM, f32x4.mul(f32x4.sub(g, oldM), fractions1));
    const newV = f32x4.add(f32x4.mul(v128.load(v), betas2), f32x4.mul(f32x4.mul(fractions2, g), g));
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(newV), rootCorrections2), epsilons);
    const u = f32x4.add(f32x4.div(f32x4.mul(newM, unbiases1), divisor), f32x4.mul(decays, p));
    v128.store(m, newM);
    v128.store(v, newV);
    v128.store(parameters, f32x4.sub(p, f32x4.mul(rates, u)));
  }
  for (; parameters < end; parameters += 4, gradient += 4, m += 4, v += 4) {
    const g = load<f32>(gradient);
    const p = load<f32>(parameters);
    const oldM = load<f32>(m);
    const newM = oldM + (g - oldM) * fraction1;
    const newV = load<f32>(v) * beta2 + fraction2 * g * g;
    const divisor = sqrt<f32>(newV) / rootCorrection2 + epsilon;
    const u = (newM * unbias1) / divisor + weightDecay * p;
    store<f32>(m, newM);
    store<f32>(v, newV);
    store<f32>(parameters, p - rate * u);
  }
}

/** The sum of squares of the u that `lamb` would go by, in the order of `squares`. */
export function lambSquares(
  parameters: usize,
  gradient: usize,
  m: usize,
  v: usize,
  length: usize,
  fraction1: f32,
  beta2: f32,
  fraction2: f32,
  unbias1: f32,
  rootCorrection2: f32,
  epsilon: f32,
  weightDecay: f32,
): f64 {
  const fractions1 = f32x4.splat(fraction1);
  const betas2 = f32x4.splat(beta2);
  const fractions2 = f32x4.splat(fraction2);
  const unbiases1 = f32x4.splat(unbias1);
  const rootCorrections2 = f32x4.splat(rootCorrection2);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(weightDecay);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16, m += 16, v += 16) {
    const g = v128.load(gradient);
    const oldM = v128.load(m);
    const newM = f32x4.add(oldM, f32x4.mul(f32x4.sub(g, oldM), fractions1));
    const newV = f32x4.add(f32x4.mul(v128.load(v), betas2), f32x4.mul(f32x4.mul(fractions2, g), g));
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(newV), rootCorrections2), epsilons);
    const decayed = f32x4.mul(decays, v128.load(parameters));
    const u = f32x4.add(f32x4.div(f32x4.mul(newM, unbiases1), divisor), decayed);
    const first = f64x2.promote_low_f32x4(u);
    const second = f64x2.promote_low_f32x4(v128.shuffle<i32>(u, u, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  let sum0 = f64x2.extract_lane(low, 0);
  let sum1 = f64x2.extract_lane(low, 1);
  let sum2 = f64x2.extract_lane(high, 0);
  for (let lane = 0; parameters < end; lane += 1, parameters += 4, gradient += 4, m += 4, v += 4) {
    const g = load<f32>(gradient);
    const oldM = load<f32>(m);
    const newM = oldM + (g - oldM) * fraction1;
    const newV = load<f32>(v) * beta2 + fraction2 * g * g;
    const divisor = sqrt<f32>(newV) / rootCorrection2 + epsilon;
    const u = <f64>((newM * unbias1) / divisor + weightDecay * load<f32>(parameters));
    if (lane === 0) sum0 += u * u;
    else if (lane === 1) sum1 += u * u;
    else sum2 += u * u;
  }
  return sum0 + sum1 + (sum2 + f64x2.extract_lane(high, 1));
}
