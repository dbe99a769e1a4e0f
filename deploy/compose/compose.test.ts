import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@atelier/shared/config/load-config';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const text = readFileSync(join(import.meta.dirname, 'compose.yaml'), 'utf8');
const { services, volumes } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};

it('asks for exactly the secrets that make-env.sh makes, and has none of its own', () => {
  const asked = [...text.matchAll(/\$\{([A-Z_0-9]+):\?/g)].map(([, name = '']) => name);
  const made = makeEnv();
  expect(Object.keys(made).sort()).toEqual([...new Set(asked)].sort());
  for (const { environment = {} } of Object.values(services)) {
    for (const [name, value] of Object.entries(environment)) {
      if (/PASSWORD|SECRET|TOKEN|_KEY/.test(name)) expect(value).toMatch(/^\$\{[A-Z_0-9]+:\?/);
    }
  }
});

it('makes secrets that nobody else has, for their owner to read', () => {
  const [one, other] = [makeEnv(), makeEnv()];
  for (const name of Object.keys(one).filter((key) => /PASSWORD|SECRET|TOKEN/.test(key))) {
    expect(one[name]).toMatch(/^s[0-9a-f]{48}$/);
    expect(one[name]).not.toBe(other[name]);
  }
});

it('mounts files that are there and volumes that it declares', () => {
  const sources = Object.values(services)
    .flatMap(({ volumes: mounts = [] }) => mounts)
    .map((mount) => mount.replace(/^\$\{[A-Z_]+:-([^}]+)\}/, '$1').split(':')[0] ?? '');
  expect(sources.length).toBeGreaterThan(0);
  for (const source of sources) {
    const isThere = source.startsWith('.')
      ? existsSync(join(import.meta.dirname, source))
      : Object.hasOwn(volumes, source);
    expect([source, isThere]).toEqual([source, true]);
  }
});

it('opens no port to the network by itself', () => {
  const ports = Object.values(services).flatMap(({ ports: own = [] }) => own);
  expect(ports.filter((port) => !/^(127\.0\.0\.1|\$\{ATELIER_BIND:-127\.0\.0\.1\}):/.test(port))).toEqual([]);
});

it('trains a config that is right, with the store and the event server of the set', async () => {
  const { checkpoint, events } = await loadConfig(join(import.meta.dirname, 'run.yaml'));
  expect(checkpoint.store).toBe('s3://atelier/compose');
  expect(Object.keys(services)).toContain(new URL(events.server ?? '').hostname);
});

it('lets Prometheus scrape services of the set only', () => {
  const { scrape_configs: jobs } = parse(
    readFileSync(join(import.meta.dirname, 'prometheus.yaml'), 'utf8'),
  ) as {
    scrape_configs: {
      static_configs?: { targets: string[] }[];
      dns_sd_configs?: { names: string[] }[];
    }[];
  };
  const hosts = jobs.flatMap(({ static_configs: fixed = [], dns_sd_configs: found = [] }) => [
    ...fixed.flatMap(({ targets }) => targets.map((target) => target.split(':')[0] ?? '')),
    ...found.flatMap(({ names }) => names),
  ]);
  expect(hosts).toEqual(['coordinator', 'worker']);
  expect(Object.keys(services)).toEqual(expect.arrayContaining(hosts));
});

/** What the script writes in a folder of its own, by name. */
function makeEnv(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'compose-'));
  copyFileSync(join(import.meta.dirname, 'make-env.sh'), join(folder, 'make-env.sh'));
  execFileSync('sh', [join(folder, 'make-env.sh')]);
  const file = join(folder, '.env');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=', 2)));
}
