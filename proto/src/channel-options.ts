import type { ChannelOptions } from '@grpc/grpc-js';

const MIB = 1024 * 1024;

/** Of every client's channel and of the server. */
export const channelOptions: ChannelOptions = {
  /** Bytes of a stream under way before the sender waits. The default of 64 KiB is less than one chunk. */
  'grpc-node.flow_control_window': 4 * MIB,
  /** A guard: nothing that the protocol sends comes near it, as tensors travel in chunks. */
  'grpc.max_receive_message_length': 4 * MIB,
  'grpc.max_send_message_length': 4 * MIB,
  /** A connection whose other end is gone without a word is found out after time + timeout. */
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 5_000,
  /** A coordinator is inside the cluster (or on loopback); the proxy that leads out is not for it. */
  'grpc.enable_http_proxy': 0,
};
