/** p = p - learningRate * g */
export function sgd(parameters: usize, gradient: usize, length: usize, learningRate: f32): void {
  const rates = f32x4.splat(learningRate);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16) {
    v128.store(parameters, f32x4.sub(v128.load(parameters), f32x4.mul(rates, v128.load(gradient))));
  }
  for (; parameters < end; parameters += 4, gradient += 4) {
    store<f32>(parameters, load<f32>(parameters) - learningRate * load<f32>(gradient));
  }
}

/**
 * Momentum in PyTorch's form (Sutskever et al., 2013, with the rate outside the velocity):
 *   u = momentum * u + g;   p = p - learningRate * u, or with Nesterov p = p - learningRate * (g + momentum * u)
 */
export function sgdMomentum(
  parameters: usize,
  gradient: usize,
  velocity: usize,
  length: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: bool,
): void {
  const rates = f32x4.splat(learningRate);
  const momenta = f32x4.splat(momentum);
  const vectorsEnd = parameters + ((length & ~3) << 2);
  const end = parameters + (length << 2);
  for (; parameters < vectorsEnd; parameters += 16, gradient += 16, velocity += 16) {
    const g = v128.load(gradient);
    const u = f32x4.add(f32x4.mul(momenta, v128.load(velocity)), g);
    const direction = nesterov ? f32x4.add(g, f32x4.mul(momenta, u)) : u;
    v128.store(velocity, u);
    v128.store(parameters, f32x4.sub(v128.load(parameters), f32x4.mul(rates, direction)));
  }
  for (; parameters < end; parameters += 4, gradient += 4, velocity += 4) {
    const g = load<f32>(gradient);
    const u = momentum * load<f32>(velocity) + g;
    const direction = nesterov ? g + momentum * u : u;
    store<f32>(velocity, u);
    store<f32>(parameters, load<f32>(parameters) - learningRate * direction);
  }
}
