// A process whose ops get no memory (no-memory.fixture.cc): prints how each of them fails.
import * as tf from '@tensorflow/tfjs-node-gpu';
import { opsProcessor } from '../../engine/register-ops.ts';
import { elementwise, SOUND } from './elementwise-pass.ts';
import { runOp } from './run-graph.ts';

opsProcessor();
const [large, small, kernel] = [tf.ones([1, 8, 8, 16]), tf.ones([1, 4, 4, 16]), tf.ones([4, 4, 16, 16])];
const runs = [
  () => elementwise({ instructions: SOUND }),
  () => runOp({ op: 'AtelierConv4x4', attr: {} }, [large, kernel]),
  () => runOp({ op: 'AtelierConv4x4BackpropInput', attr: {} }, [kernel, small]),
  () => runOp({ op: 'AtelierConv4x4BackpropFilter', attr: {} }, [large, small]),
];
process.stdout.write(JSON.stringify(runs.map(failureOf)));

function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return 'none';
}
