import { credentials } from '@grpc/grpc-js';
import { channelOptions } from './channel-options.ts';
import { isEncoded } from './encoded-data.ts';
import type { OperatorClient, OperatorDefinition } from './generated/atelier/v1/Operator.ts';
import type { ReducerClient, ReducerDefinition } from './generated/atelier/v1/Reducer.ts';
import type { ReducersClient, ReducersDefinition } from './generated/atelier/v1/Reducers.ts';
import type { SlicesClient, SlicesDefinition } from './generated/atelier/v1/Slices.ts';
import type { TrainingClient, TrainingDefinition } from './generated/atelier/v1/Training.ts';
import { atelierV1 } from './loader.ts';

export const trainingService: TrainingDefinition = atelierV1.Training.service;
export const reducerService: ReducerDefinition = withEncodedChunks(atelierV1.Reducer.service);
export const operatorService: OperatorDefinition = atelierV1.Operator.service;
export const reducersService: ReducersDefinition = atelierV1.Reducers.service;
export const slicesService: SlicesDefinition = atelierV1.Slices.service;

/** The clients of one address share a connection. The caller closes each. */
export function createTrainingClient(address: string): TrainingClient {
  return new atelierV1.Training(address, credentials.createInsecure(), channelOptions);
}

export function createReducerClient(address: string): ReducerClient {
  return new atelierV1.Reducer(address, credentials.createInsecure(), channelOptions);
}

export function createOperatorClient(address: string): OperatorClient {
  return new atelierV1.Operator(address, credentials.createInsecure(), channelOptions);
}

export function createReducersClient(address: string): ReducersClient {
  return new atelierV1.Reducers(address, credentials.createInsecure(), channelOptions);
}

export function createSlicesClient(address: string): SlicesClient {
  return new atelierV1.Slices(address, credentials.createInsecure(), channelOptions);
}

/** Sends what was serialised before as it is. */
function withEncodedChunks(service: ReducerDefinition): ReducerDefinition {
  const { PullParameters } = service;
  return {
    ...service,
    PullParameters: {
      ...PullParameters,
      responseSerialize: (chunk) =>
        isEncoded(chunk) ? chunk.encoded : PullParameters.responseSerialize(chunk),
    },
  };
}
