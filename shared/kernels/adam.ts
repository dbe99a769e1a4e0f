/**
 * Adam (Kingma and Ba, 2015, algorithm 1) and AdamW (Loshchilov and Hutter, 2019, algorithm 2), as PyTorch orders them:
 *   p = p * keep                            keep = 1 - learningRate * weightDecay; 1 for plain Adam
 *   m = m + (g - m) * (1 - beta1)
 *   v = v * beta2 + (1 - beta2) * g * g
 *   p = p - stepSize * (m / (sqrt(v) / rootCorrection2 + epsilon))
 * with stepSize = learningRate / (1 - beta1^t) and rootCorrection2 = sqrt(1 - beta2^t).
 */
export function adam(
  parameters: usize,
  gradient: usize,
  m: usize,
  v: usize,
  length: usize,
  fraction1: f32,
  beta2: f32,
  fraction2: f32,
  stepSize: f32,
  rootCorrection2: f32,
  epsilon: f32,
  keep: f32,
): void {
  const fractions1 = f32x4.splat(fraction1);
  const betas2 = f32x4.splat(beta2);
  const fractions2 = f32x4.splat(fraction2);
  const stepSizes = f32x4.splat(stepSize);
  const rootCorrections2 = f32x4.splat(rootCorrection2);
  const epsilons = f32x4.splat(epsilon);
  const keeps = f32x4.splat(keep);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16, m += 16, v += 16) {
    const g = v128.load(gradient);
    const oldM = v128.load(m);
    const newM = f32x4.add(oldM, f32x4.mul(f32x4.sub(g, oldM), fractions1));
    const newV = f32x4.add(f32x4.mul(v128.load(v), betas2), f32x4.mul(f32x4.mul(fractions2, g), g));
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(newV), rootCorrections2), epsilons);
    const kept = f32x4.mul(v128.load(parameters), keeps);
    v128.store(m, newM);
    v128.store(v, newV);
    v128.store(parameters, f32x4.sub(kept, f32x4.mul(stepSizes, f32x4.div(newM, divisor))));
  }
  for (; parameters < end; parameters += 4, gradient += 4, m += 4, v += 4) {
    const g = load<f32>(gradient);
    const oldM = load<f32>(m);
    const newM = oldM + (g - oldM) * fraction1;
    const newV = load<f32>(v) * beta2 + fraction2 * g * g;
    const divisor = sqrt<f32>(newV) / rootCorrection2 + epsilon;
    store<f32>(m, newM);
    store<f32>(v, newV);
    store<f32>(parameters, load<f32>(parameters) * keep - stepSize * (newM / divisor));
  }
}
