import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chunksOf } from '@atelier/proto/frames';
import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';
import { createReducerClient } from '@atelier/proto/services';
import type { requestCallback } from '@grpc/grpc-js';

/** Pushes and pulls so many bytes for each line of its standard input. Arguments: the address, the number of bytes. */
const [, , address = '', numBytes = '0'] = process.argv;
const bytes = new Uint8Array(Number(numBytes));
const client = createReducerClient(address);

async function push(): Promise<void> {
  let settle: requestCallback<PushReceipt> = () => {};
  const receipt = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  const call = client.pushNode((error, value) => settle(error, value));
  for (const data of chunksOf(bytes)) if (!call.write({ data })) await once(call, 'drain');
  call.end();
  await receipt;
}

async function pull(): Promise<void> {
  const call = client.pullParameters({});
  call.on('data', () => {});
  await once(call, 'end');
}

console.log('ready');
process.once('disconnect', () => process.exit());
for await (const _ of createInterface(process.stdin)) {
  await push();
  await pull();
  console.log('done');
}
