import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createProgram } from '@atelier/cli/main';
import { runConfigSchema } from '@atelier/shared/config/run-config';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Manifest, manifestsOf, selects, type Workload, workloadsOf } from './manifest.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const textOf = (path: string) => readFileSync(pathOf(path), 'utf8');

const overlays = readdirSync(pathOf('k8s/overlays')).map((name) => `overlays/${name}`);
const examples = readdirSync(pathOf('k8s/examples')).map((name) => `examples/${name}`);
const made = new Map(
  await Promise.all([...overlays, ...examples].map(async (path) => [path, await manifestsOf(path)] as const)),
);
const manifestsIn = (path: string): readonly Manifest[] => made.get(path) ?? [];

/** kubectl apply keeps the whole object in an annotation of it. */
const MOST_ANNOTATION_BYTES = 262_144;
/** Of a worker that drains. */
const WORKER_GRACE_SECONDS = 30;
const MADE_SECRETS = [...textOf('k8s/services/make-secrets.mjs').matchAll(/^ {2}'(atelier-[a-z-]+)':/gm)].map(
  ([, name = '']) => name,
);

describe.each([...made.keys()])('%s', (path) => {
  const manifests = manifestsIn(path);
  const workloads = workloadsOf(manifests);

  it('fits the strict schema of Kubernetes', () => {
    const schema = JSON.parse(textOf('k8s/kubernetes.schema.json')) as { properties: object };
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema(schema, 'kubernetes');
    const faults = manifests.flatMap((manifest) => {
      const kind = `${manifest.apiVersion} ${manifest.kind}`;
      // Of another project, with a schema of its own.
      if (kind === 'keda.sh/v1alpha1 ScaledObject') return [];
      if (!Object.hasOwn(schema.properties, kind)) return `${kind} is not known`;
      const pointer = kind.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll(' ', '%20');
      ajv.validate({ $ref: `kubernetes#/properties/${pointer}` }, manifest);
      return (ajv.errors ?? []).map(
        (error) => `${kind} ${manifest.metadata.name}: ${ajv.errorsText([error])}`,
      );
    });
    expect(faults).toEqual([]);
  });

  it('is small enough to be applied, and in one namespace', () => {
    for (const manifest of manifests) {
      expect([manifest.metadata.name, JSON.stringify(manifest).length < MOST_ANNOTATION_BYTES]).toEqual([
        manifest.metadata.name,
        true,
      ]);
      if (manifest.kind !== 'Namespace') expect(manifest.metadata.namespace).toBe('atelier');
    }
  });

  it.each(workloads)('$kind $name keeps to the restricted Pod Security Standard, and more', (workload) => {
    const { pod, containers, name } = workload;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const { securityContext } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    if (name !== 'atelier-make-secrets') expect(pod.automountServiceAccountToken).toBe(false);
  });

  it.each(workloads)(
    '$kind $name says what it needs and shows that it is well',
    ({ kind, pod, containers }) => {
      for (const { image, resources, volumeMounts = [] } of containers) {
        expect(image).toMatch(/:(?!latest$)[\w.-]+$/);
        expect(resources).toMatchObject({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
        const volumes = workloads.flatMap(({ pod: other, volumeNames }) =>
          other === pod ? volumeNames : [],
        );
        expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map(({ name }) => name)));
      }
      if (kind === 'Job') return;
      for (const { startupProbe, readinessProbe, livenessProbe } of pod.containers)
        expect([startupProbe, readinessProbe, livenessProbe]).not.toContain(undefined);
    },
  );

  it('has no secret in it, and asks for those only that are made in the cluster or written down', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    for (const { containers } of workloads) {
      for (const { env = [], envFrom = [] } of containers) {
        const plain = env.filter(({ value }) => value !== undefined).map(({ name }) => name);
        expect(plain.filter((name) => /PASSWORD|SECRET|TOKEN|_KEY/.test(name))).toEqual([]);
        const asked = envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []);
        expect(MADE_SECRETS).toEqual(expect.arrayContaining(asked));
      }
    }
  });

  it('reads no ConfigMap whose name it cannot know', () => {
    const hashed = /-[a-z0-9]{10}$/;
    const own = manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
    const made = overlays.flatMap(manifestsIn).filter(({ kind }) => kind === 'ConfigMap');
    const stable = made.map(({ metadata }) => metadata.name).filter((name) => !hashed.test(name));
    for (const { configMapRef } of workloads.flatMap(({ containers }) =>
      containers.flatMap(({ envFrom = [] }) => envFrom),
    ))
      if (configMapRef !== undefined) expect([...own, ...stable]).toContain(configMapRef.name);
  });

  it('passes options that the commands have', () => {
    const commands = createProgram().commands;
    for (const { containers } of workloads) {
      for (const { image, args: [name, ...args] = [] } of containers) {
        const command = commands.find((candidate) => candidate.name() === name);
        if (!image.startsWith('atelier/') || command === undefined) continue;
        const known = [command, ...command.commands].flatMap(({ options }) =>
          options.map(({ long }) => long),
        );
        const given = args.filter((arg) => arg.startsWith('--')).map((arg) => arg.split('=')[0]);
        expect(known).toEqual(expect.arrayContaining(given));
      }
    }
  });
});

describe.each(overlays)('%s', (path) => {
  const manifests = manifestsIn(path);
  const workloads = workloadsOf(manifests);
  const namesOf = (kind: string) =>
    manifests.filter((manifest) => manifest.kind === kind).map(({ metadata }) => metadata.name);

  it('mounts and reads ConfigMaps that it makes', () => {
    const asked = workloads.flatMap(({ pod: { volumes = [] }, containers }) => [
      ...volumes.flatMap(({ configMap, projected }) =>
        [configMap, ...(projected?.sources.map((source) => source.configMap) ?? [])].flatMap(
          (reference) => reference?.name ?? [],
        ),
      ),
      ...containers.flatMap(({ envFrom = [] }) =>
        envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []),
      ),
    ]);
    expect([...new Set(asked)].sort()).toEqual(namesOf('ConfigMap').sort());
  });

  it('has a pod with the port behind every service', () => {
    for (const { kind, spec } of manifests) {
      if (kind !== 'Service') continue;
      const pods = workloads.filter(({ labels }) => selects({ matchLabels: spec?.selector ?? {} }, labels));
      expect(pods).toHaveLength(1);
      const ports = portsOf(pods).map(({ name }) => name);
      expect(ports).toEqual(expect.arrayContaining((spec?.ports ?? []).map(({ targetPort }) => targetPort)));
    }
  });

  it('lets in at one end exactly what it lets out at the other, to ports that are there', () => {
    const ways = waysOf(manifests, workloads);
    expect(ways.out.sort()).toEqual(ways.in.sort());
    expect(ways.in.length).toBeGreaterThan(0);
  });

  it('gives a worker that drains more time than it takes, and leaves the number of workers to who scales them', () => {
    const worker = manifests.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'atelier-worker',
    );
    expect(worker?.spec?.replicas).toBeUndefined();
    expect(worker?.spec?.template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(WORKER_GRACE_SECONDS);
  });

  it('trains a config that is right, whose store and event server its policies let it reach', () => {
    const [run = ''] = manifests.flatMap(({ metadata, data }) =>
      metadata.name.startsWith('atelier-run-') ? (data?.['run.yaml'] ?? []) : [],
    );
    const { checkpoint, events } = runConfigSchema.parse(parse(run));
    expect(checkpoint.store).toMatch(/^s3:\/\/atelier\//);
    const host = new URL(events.server ?? '').hostname;
    expect(path.endsWith('production') ? 'nats.example.org' : 'atelier-nats').toBe(host);
  });

  it('brings every rule and every dashboard as it is', () => {
    const data = Object.assign({}, ...manifests.map((manifest) => manifest.data ?? {})) as Record<
      string,
      string
    >;
    const rules = readdirSync(pathOf('prometheus/rules')).filter((name) => name.endsWith('.rules.yaml'));
    for (const name of rules) expect(data[name]).toBe(textOf(`prometheus/rules/${name}`));
    for (const name of readdirSync(pathOf('grafana/dashboards')))
      expect(data[name]).toBe(textOf(`grafana/dashboards/${name}`));
  });
});

function portsOf(workloads: readonly Workload[]) {
  return workloads.flatMap(({ containers }) => containers.flatMap(({ ports = [] }) => ports));
}

/** "from -> to:port" of every pair of workloads, as the one's policies let it out and the other's let it in. */
function waysOf(manifests: readonly Manifest[], workloads: readonly Workload[]) {
  const ways = { out: new Set<string>(), in: new Set<string>() };
  for (const { kind, spec } of manifests) {
    if (kind !== 'NetworkPolicy') continue;
    const own = workloads.filter(({ labels }) => selects(spec?.podSelector ?? {}, labels));
    const rules = [
      ...(spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports, isOut: true })),
      ...(spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports, isOut: false })),
    ];
    for (const { peers = [], ports = [], isOut } of rules) {
      for (const { podSelector } of peers) {
        if (podSelector === undefined) continue;
        const others = workloads.filter(({ labels }) => selects(podSelector, labels));
        for (const [from, to] of own.flatMap((one) =>
          others.map((other) => (isOut ? [one, other] : [other, one])),
        )) {
          if (from === undefined || to === undefined) continue;
          for (const { port } of ports) {
            expect(portsOf([to]).map(({ containerPort }) => containerPort)).toContain(port);
            ways[isOut ? 'out' : 'in'].add(`${from.name} -> ${to.name}:${port}`);
          }
        }
      }
    }
  }
  return { out: [...ways.out], in: [...ways.in] };
}
