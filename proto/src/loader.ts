import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';
import type { ProtoGrpcType as OperatorPackage } from './generated/operator.ts';
import type { ProtoGrpcType as ReducerPackage } from './generated/reducer.ts';
import type { ProtoGrpcType as SlicesPackage } from './generated/slices.ts';
import type { ProtoGrpcType as TrainingPackage } from './generated/training.ts';

/** The package's folder, from src/ as well as from dist/. */
const root = fileURLToPath(new URL('..', import.meta.url));

/** One file for the generator's flags and for the loader, which wants the types themselves where a flag names them. */
const flags = JSON.parse(readFileSync(`${root}loader-options.json`, 'utf8')) as {
  readonly [flag: string]: unknown;
};
const options: Options = { ...flags, longs: Number, enums: String };

const loaded = loadPackageDefinition(
  loadSync(
    ['training', 'reducer', 'operator', 'slices'].map((name) => `atelier/v1/${name}.proto`),
    { ...options, includeDirs: [root] },
  ),
) as unknown as TrainingPackage & ReducerPackage & OperatorPackage & SlicesPackage;

/** The messages and services of the package atelier.v1. */
export const atelierV1: (typeof loaded)['atelier']['v1'] = loaded.atelier.v1;
