// A process of its own, since its log level lasts as long: runs a graph, of which TensorFlow tells through both of its
// logs, and says three things as native code does.
import { loadEngine } from './load-engine.ts';

await loadEngine({ device: 'cpu', intraOpThreads: 1, compile: true, ops: 'tensorflow' });
// It imports TensorFlow, which reads its settings only once.
const { CompiledGraph } = await import('../graph/compiled-graph.ts');
const input = { name: 'x', op: 'Placeholder', input: [], attr: { dtype: { type: 1 } } };
new CompiledGraph({ nodes: [input], inputs: ['x'], outputs: ['x'] }).dispose();

const { _rawDebug: print } = process as unknown as { readonly _rawDebug: (line: string) => void };
print('I0000 00:00:1796081428.352705   25811 pass.cc:401] A pass is off');
print('E0000 00:00:1796081428.352705   25811 device.cc:12] The device is lost');
print('F tensorflow/core/framework/tensor.cc:832] Check failed');
