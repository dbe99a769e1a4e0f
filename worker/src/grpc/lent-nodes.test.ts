import type { LentNode } from '@atelier/proto/generated/atelier/v1/LentNode';
import type { LentReceiptInput } from '@atelier/proto/generated/atelier/v1/LentReceipt';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LentNodes } from './lent-nodes.ts';
import { ReducerPeer } from './testing/reducer-peer.ts';

type Call = ServerDuplexStream<LentNode, LentReceiptInput>;

const unaborted = new AbortController().signal;
const accepted = { status: 'accepted', detail: '' };

let peer: ReducerPeer;
let lentNodes: LentNodes;
let calls: Call[];
/** What the receiver does with a node. */
let take: (node: LentNode, call: Call) => void;

beforeEach(async () => {
  calls = [];
  peer = await ReducerPeer.start({
    LendNodes: (call) => {
      calls.push(call);
      call.on('data', (node: LentNode) => take(node, call));
    },
  });
  lentNodes = new LentNodes(peer.client);
});

afterEach(() => {
  lentNodes.close();
  peer[Symbol.dispose]();
});

it('gives each its own receipt, in whatever order they come', async () => {
  const held: LentNode[] = [];
  take = (node, call) => {
    held.push(node);
    if (held.length < 3) return;
    for (const { id, header } of held.reverse())
      call.write({ id, receipt: { ...accepted, detail: `step ${header?.step}` } });
  };
  const receipts = await Promise.all([1, 2, 3].map((step) => lentNodes.push({ step }, unaborted)));
  expect(receipts.map(({ detail }) => detail)).toEqual(['step 1', 'step 2', 'step 3']);
});

it('fails one that is refused as a call would, and none beside it', async () => {
  take = ({ id, header }, call) =>
    call.write(
      header?.step === 1
        ? { id, code: status.INVALID_ARGUMENT, details: 'bad-node: 9:9' }
        : { id, receipt: accepted },
    );
  const [refused, taken] = [lentNodes.push({ step: 1 }, unaborted), lentNodes.push({ step: 2 }, unaborted)];
  await expect(refused).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, details: 'bad-node: 9:9' });
  await expect(taken).resolves.toEqual(accepted);
  expect(calls).toHaveLength(1);
});

it.each([
  ['ends', (call: Call) => call.end()],
  ['breaks', (call: Call) => call.emit('error', { code: status.UNAVAILABLE, details: 'gone' })],
])('fails what is on its way when the stream %s, and opens another for the next', async (_, stop) => {
  take = (_node, call) => stop(call);
  await expect(lentNodes.push({ step: 1 }, unaborted)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  take = ({ id }, call) => call.write({ id, receipt: accepted });
  await expect(lentNodes.push({ step: 1 }, unaborted)).resolves.toEqual(accepted);
  expect(calls).toHaveLength(2);
});

it('waits no longer than anybody wants the receipt', async () => {
  const closing = new AbortController();
  const heard = new Promise<void>((resolve) => {
    take = () => resolve();
  });
  const pushed = lentNodes.push({ step: 1 }, closing.signal);
  await heard;
  closing.abort();
  await expect(pushed).rejects.toMatchObject({ code: status.CANCELLED });
  const left = lentNodes.push({ step: 2 }, unaborted);
  lentNodes.close();
  await expect(left).rejects.toMatchObject({ code: status.CANCELLED });
});
