/**
 * RMSProp (Tieleman and Hinton, 2012, lecture 6.5) as PyTorch orders it:
 *   s = s * decay + (1 - decay) * g * g;   p = p - learningRate * (g / (sqrt(s) + epsilon))
 */
export function rmsprop(
  parameters: usize,
  gradient: usize,
  squares: usize,
  length: usize,
  learningRate: f32,
  decay: f32,
  fraction: f32,
  epsilon: f32,
): void {
  const rates = f32x4.splat(learningRate);
  const decays = f32x4.splat(decay);
  const fractions = f32x4.splat(fraction);
  const epsilons = f32x4.splat(epsilon);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16, squares += 16) {
    const g = v128.load(gradient);
    const s = f32x4.add(f32x4.mul(v128.load(squares), decays), f32x4.mul(f32x4.mul(fractions, g), g));
    const scaled = f32x4.div(g, f32x4.add(f32x4.sqrt(s), epsilons));
    v128.store(squares, s);
    v128.store(parameters, f32x4.sub(v128.load(parameters), f32x4.mul(rates, scaled)));
  }
  for (; parameters < end; parameters += 4, gradient += 4, squares += 4) {
    const g = load<f32>(gradient);
    const s = load<f32>(squares) * decay + fraction * g * g;
    store<f32>(squares, s);
    store<f32>(parameters, load<f32>(parameters) - learningRate * (g / (sqrt<f32>(s) + epsilon)));
  }
}

/** The same with momentum: u = momentum * u + g / (sqrt(s) + epsilon);   p = p - learningRate * u */
export function rmspropMomentum(
  parameters: usize,
  gradient: usize,
  squares: usize,
  velocity: usize,
  length: usize,
  learningRate: f32,
  decay: f32,
  fraction: f32,
  epsilon: f32,
  momentum: f32,
): void {
  const rates = f32x4.splat(learningRate);
  const decays = f32x4.splat(decay);
  const fractions = f32x4.splat(fraction);
  const epsilons = f32x4.splat(epsilon);
  const momenta = f32x4.splat(momentum);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16, squares += 16, velocity += 16) {
    const g = v128.load(gradient);
    const s = f32x4.add(f32x4.mul(v128.load(squares), decays), f32x4.mul(f32x4.mul(fractions, g), g));
    const scaled = f32x4.div(g, f32x4.add(f32x4.sqrt(s), epsilons));
    const u = f32x4.add(f32x4.mul(momenta, v128.load(velocity)), scaled);
    v128.store(squares, s);
    v128.store(velocity, u);
    v128.store(parameters, f32x4.sub(v128.load(parameters), f32x4.mul(rates, u)));
  }
  for (; parameters < end; parameters += 4, gradient += 4, squares += 4, velocity += 4) {
    const g = load<f32>(gradient);
    const s = load<f32>(squares) * decay + fraction * g * g;
    const u = momentum * load<f32>(velocity) + g / (sqrt<f32>(s) + epsilon);
    store<f32>(squares, s);
    store<f32>(velocity, u);
    store<f32>(parameters, load<f32>(parameters) - learningRate * u);
  }
}
