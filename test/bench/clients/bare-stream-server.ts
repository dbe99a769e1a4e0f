import { channelOptions } from '@atelier/proto/channel-options';
import { encodeData, encodedSizeOf } from '@atelier/proto/encoded-data';
import type { ReducerHandlers } from '@atelier/proto/generated/atelier/v1/Reducer';
import { reducerService } from '@atelier/proto/services';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

/**
 * What gRPC moves at best here: takes what is pushed and looks at none of it, and sends as many bytes, serialised
 * once, to whoever pulls. Arguments: the address, the number of bytes.
 */
const [, , address = '', numBytes = '0'] = process.argv;
const bytes = new Uint8Array(Number(numBytes));
const messages = encodeData(bytes, Buffer.alloc(encodedSizeOf(bytes.byteLength)), () => {});

const handlers: Pick<ReducerHandlers, 'PushNode' | 'PullParameters'> = {
  PushNode(call, callback) {
    call.on('data', () => {});
    call.on('end', () => callback(null, { status: 'accepted', detail: '' }));
  },
  PullParameters(call) {
    const rest = messages.values();
    const write = () => {
      for (let next = rest.next(); !next.done; next = rest.next()) {
        if (!call.write(next.value)) return call.once('drain', write);
      }
      return call.end();
    };
    write();
  },
};
const unused = () => {
  throw Object.assign(new Error('not part of the bench'), { code: status.UNIMPLEMENTED });
};

process.once('disconnect', () => process.exit());
const server = new Server(channelOptions);
server.addService(reducerService, { ...handlers, PushInitial: unused, PushSample: unused });
server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log('ready');
});
