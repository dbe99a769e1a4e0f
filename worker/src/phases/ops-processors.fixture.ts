// A process of its own, since ops are registered for as long as it lives: computes a convolution, its gradients and what
// lies between with our ops, and prints the kind of processor they were chosen for and a hash of what came out.
import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { opsProcessor } from '../engine/register-ops.ts';
import { recordGraph } from '../graph/graph-recorder.ts';
import { nativeIdsOf } from '../graph/native-backend.ts';
import { CompiledPhase } from './compiled-phase.ts';

const processor = opsProcessor();
const inputs = [
  tf.randomNormal([5, 16, 16, 3], 0, 1, 'float32', 1),
  tf.randomNormal([4, 4, 3, 16], 0, 1, 'float32', 2),
  tf.randomNormal([4, 4, 16, 48], 0, 1, 'float32', 3),
];
const { graph, result } = recordGraph(inputs, () =>
  tf.tidy(() => {
    const loss = (first: tf.Tensor, second: tf.Tensor) => {
      const middle = tf.conv2d(tensorAt(0).as4D(5, 16, 16, 3), first.as4D(4, 4, 3, 16), 2, 'same').relu();
      const normal = middle.sub(middle.mean([0, 1, 2])).as4D(5, 8, 8, 16);
      return tf
        .conv2d(normal, second.as4D(4, 4, 16, 48), 2, 'same')
        .square()
        .sum();
    };
    const { value, grads } = tf.valueAndGrads(loss)([tensorAt(1), tensorAt(2)]);
    return tf.concat1d([value.as1D(), ...grads.map((gradient) => gradient.as1D())]);
  }),
);
if ('problem' in graph) throw new Error(graph.problem);
const phase = new CompiledPhase(graph, undefined, processor === undefined ? 'tensorflow' : 'atelier');
const hash = createHash('sha256')
  .update(phase.run(nativeIdsOf(inputs)))
  .digest('hex');
result.dispose();
process.stdout.write(JSON.stringify({ processor, hash }));

function tensorAt(position: number): tf.Tensor {
  const tensor = inputs[position];
  if (tensor === undefined) throw new Error('three inputs');
  return tensor;
}
