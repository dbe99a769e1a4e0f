import type { GraphNode } from '../graph/graph-proto.ts';
import { ExportError } from '../trained/export-error.ts';
import type { OnnxWriter } from './onnx-writer.ts';

// Over 250 lines: one table of translations.

/** Writes one TensorFlow operation; its first output gets the node's name. */
type Translation = (node: GraphNode, writer: OnnxWriter) => void;

const TO_NCHW = { perm: [0, 3, 1, 2] };
const TO_NHWC = { perm: [0, 2, 3, 1] };

/** ONNX pictures are NCHW, ours NHWC: runtimes take out the transpositions that meet. */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  Identity: same('Identity'),
  Add: same('Add'),
  AddV2: same('Add'),
  AddN: same('Sum'),
  BiasAdd: same('Add'),
  Sub: same('Sub'),
  Mul: same('Mul'),
  Div: same('Div'),
  RealDiv: same('Div'),
  Maximum: same('Max'),
  Minimum: same('Min'),
  Pow: same('Pow'),
  Relu: same('Relu'),
  Tanh: same('Tanh'),
  Sigmoid: same('Sigmoid'),
  Softplus: same('Softplus'),
  Elu: same('Elu'),
  Erf: same('Erf'),
  Exp: same('Exp'),
  Log: same('Log'),
  Sqrt: same('Sqrt'),
  Abs: same('Abs'),
  Neg: same('Neg'),
  Sign: same('Sign'),
  Floor: same('Floor'),
  Reciprocal: same('Reciprocal'),
  Softmax: same('Softmax'),
  BatchMatMulV2: product('adj_x', 'adj_y'),
  MatMul: product('transpose_a', 'transpose_b'),
  Square({ name, input }, writer) {
    const x = writer.valueOf(at(input, 0));
    writer.add('Mul', [x, x], name);
  },
  SquaredDifference({ name, input }, writer) {
    const both = input.map((each) => writer.valueOf(each));
    const difference = writer.add('Sub', both, `${name}/difference`);
    writer.add('Mul', [difference, difference], name);
  },
  Rsqrt({ name, input }, writer) {
    writer.add('Reciprocal', [writer.add('Sqrt', [writer.valueOf(at(input, 0))], `${name}/sqrt`)], name);
  },
  Reshape(node, writer) {
    const shape = writer.integers(`${node.name}/shape`, constantOf(node, 1, writer));
    writer.add('Reshape', [writer.valueOf(at(node.input, 0)), shape], node.name);
  },
  Transpose(node, writer) {
    writer.add('Transpose', [writer.valueOf(at(node.input, 0))], node.name, {
      perm: constantOf(node, 1, writer),
    });
  },
  Mean: reduction('ReduceMean'),
  Sum: reduction('ReduceSum'),
  Max: reduction('ReduceMax'),
  ConcatV2(node, writer) {
    const [axis = 0] = constantOf(node, node.input.length - 1, writer);
    const parts = node.input.slice(0, -1).map((input) => writer.valueOf(input));
    writer.add('Concat', parts, node.name, { axis });
  },
  SplitV(node, writer) {
    const sizes = constantOf(node, 1, writer);
    const [axis = 0] = constantOf(node, 2, writer);
    const split = writer.integers(`${node.name}/split`, sizes);
    writer.add('Split', [writer.valueOf(at(node.input, 0)), split], node.name, { axis }, sizes.length);
  },
  Slice(node, writer) {
    const begin = constantOf(node, 1, writer);
    const size = constantOf(node, 2, writer);
    const ends = begin.map((first, i) => (size[i] === -1 ? END : first + (size[i] ?? 0)));
    const starts = writer.integers(`${node.name}/starts`, begin);
    writer.add(
      'Slice',
      [writer.valueOf(at(node.input, 0)), starts, writer.integers(`${node.name}/ends`, ends)],
      node.name,
    );
  },
  PadV2(node, writer) {
    padded(node, writer, 'constant', [writer.valueOf(at(node.input, 2))]);
  },
  MirrorPad(node, writer) {
    if (textOf(node, 'mode') !== 'REFLECT') throw unknown(node, 'with mode SYMMETRIC');
    padded(node, writer, 'reflect', []);
  },
  ResizeNearestNeighbor(node, writer) {
    if (isOn(node, 'align_corners')) throw unknown(node, 'with aligned corners');
    const nearest_mode = isOn(node, 'half_pixel_centers') ? 'round_prefer_ceil' : 'floor';
    resized(node, writer, { mode: 'nearest', nearest_mode });
  },
  ResizeBilinear(node, writer) {
    if (isOn(node, 'align_corners')) throw unknown(node, 'with aligned corners');
    resized(node, writer, { mode: 'linear' });
  },
  AvgPool: pooled('AveragePool'),
  MaxPool: pooled('MaxPool'),
  Conv2D(node, writer) {
    const { name, input } = node;
    onNchw(node, at(input, 0), writer, (x, y) => {
      const kernel = writer.valueOf(at(input, 1));
      const weights = writer.add('Transpose', [kernel], `${name}/kernel`, { perm: [3, 2, 0, 1] });
      const dilations = integersOf(node, 'dilations').slice(1, 3);
      writer.add('Conv', [x, weights], y, { ...strideAndPadding(node), dilations });
    });
  },
  Conv2DBackpropInput(node, writer) {
    const { name, input } = node;
    const [, height = 0, width = 0] = constantOf(node, 0, writer);
    const kernelShape = writer.shapeOf(input[1]);
    if (kernelShape === undefined) throw unknown(node, 'with a kernel that is computed');
    const strides = integersOf(node, 'strides').slice(1, 3);
    const isSame = textOf(node, 'padding') === 'SAME';
    const excess = [height, width].map((size, i) => {
      const [stride = 1, side = 1] = [strides[i], kernelShape[i]];
      const numIn = isSame ? Math.ceil(size / stride) : Math.floor((size - side) / stride) + 1;
      return (numIn - 1) * stride + side - size;
    });
    const before = excess.map((pixels) => Math.floor(Math.max(0, pixels) / 2));
    const after = excess.map((pixels, i) => Math.max(0, pixels) - (before[i] ?? 0));
    onNchw(node, at(input, 2), writer, (x, y) => {
      const kernel = writer.valueOf(at(input, 1));
      const weights = writer.add('Transpose', [kernel], `${name}/kernel`, { perm: [3, 2, 0, 1] });
      const output_padding = excess.map((pixels) => Math.max(0, -pixels));
      writer.add('ConvTranspose', [x, weights], y, { strides, pads: [...before, ...after], output_padding });
    });
  },
};

/** Of a slice: as far as it goes. */
const END = 2 ** 31 - 1;

/** @throws ExportError unknown-op */
export function writeOnnxNode(node: GraphNode, writer: OnnxWriter): void {
  const translation = TRANSLATIONS[node.op];
  if (translation === undefined) throw unknown(node, '');
  translation(node, writer);
}

function same(opType: string): Translation {
  return ({ name, input }, writer) => {
    writer.add(
      opType,
      input.map((each) => writer.valueOf(each)),
      name,
    );
  };
}

function product(turnsLeft: string, turnsRight: string): Translation {
  return (node, writer) => {
    if (isOn(node, turnsLeft) || isOn(node, turnsRight)) throw unknown(node, 'of a transposed matrix');
    same('MatMul')(node, writer);
  };
}

function reduction(opType: string): Translation {
  return (node, writer) => {
    const axes = writer.integers(`${node.name}/axes`, constantOf(node, 1, writer));
    const keepdims = isOn(node, 'keep_dims') ? 1 : 0;
    writer.add(opType, [writer.valueOf(at(node.input, 0)), axes], node.name, { keepdims });
  };
}

function pooled(opType: string): Translation {
  return (node, writer) =>
    onNchw(node, at(node.input, 0), writer, (x, y) => {
      const kernel_shape = integersOf(node, 'ksize').slice(1, 3);
      writer.add(opType, [x], y, { ...strideAndPadding(node), kernel_shape });
    });
}

function padded(node: GraphNode, writer: OnnxWriter, mode: string, value: readonly string[]): void {
  const margins = constantOf(node, 1, writer);
  const pads = [0, 1].flatMap((side) => margins.filter((_, i) => i % 2 === side));
  const amounts = writer.integers(`${node.name}/pads`, pads);
  writer.add('Pad', [writer.valueOf(at(node.input, 0)), amounts, ...value], node.name, { mode });
}

function resized(node: GraphNode, writer: OnnxWriter, how: Readonly<Record<string, string>>): void {
  const isCentred = isOn(node, 'half_pixel_centers');
  const sizes = writer.integers(`${node.name}/sizes`, writer.outputShapeOf(node));
  writer.add('Resize', [writer.valueOf(at(node.input, 0)), '', '', sizes], node.name, {
    ...how,
    coordinate_transformation_mode: isCentred ? 'half_pixel' : 'asymmetric',
  });
}

/** @param write an operation from an NCHW tensor to another, by their names */
function onNchw(
  node: GraphNode,
  input: string,
  writer: OnnxWriter,
  write: (x: string, y: string) => void,
): void {
  if (textOf(node, 'data_format') !== 'NHWC') throw unknown(node, 'in another order than NHWC');
  const { name } = node;
  write(writer.add('Transpose', [writer.valueOf(input)], `${name}/in`, TO_NCHW), `${name}/out`);
  writer.add('Transpose', [`${name}/out`], name, TO_NHWC);
}

function strideAndPadding(node: GraphNode) {
  const padding = textOf(node, 'padding');
  if (padding !== 'SAME' && padding !== 'VALID') throw unknown(node, `with padding ${padding}`);
  return {
    strides: integersOf(node, 'strides').slice(1, 3),
    auto_pad: padding === 'SAME' ? 'SAME_UPPER' : 'VALID',
  };
}

function constantOf(node: GraphNode, input: number, writer: OnnxWriter): readonly number[] {
  const values = writer.integersOf(node.input[input]);
  if (values === undefined) throw unknown(node, 'with a shape or axis that is computed');
  return values;
}

function at(inputs: readonly string[], index: number): string {
  const input = inputs[index];
  if (input === undefined) throw new Error(`a recorded node has no input ${index}`);
  return input;
}

function textOf({ attr }: GraphNode, name: string): string {
  const value = attr[name];
  return value !== undefined && 's' in value ? Buffer.from(value.s).toString() : '';
}

function isOn({ attr }: GraphNode, name: string): boolean {
  const value = attr[name];
  return value !== undefined && 'b' in value && value.b;
}

function integersOf({ attr }: GraphNode, name: string): readonly number[] {
  const value = attr[name];
  return value !== undefined && 'list' in value && 'i' in value.list ? value.list.i : [];
}

function unknown({ op }: GraphNode, how: string): ExportError {
  return new ExportError(
    'unknown-op',
    `this model cannot be exported as ONNX, which has no operator for ${`${op} ${how}`.trim()}: use --format tfjs`,
  );
}
