// Run in the cluster by a Job: creates each secret that is not there yet, and leaves the others as they are.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

// A letter first: the configuration of NATS would take some of these for numbers.
const secret = () => `s${randomBytes(24).toString('hex')}`;

const secrets = {
  'atelier-minio-root': { MINIO_ROOT_USER: 'root', MINIO_ROOT_PASSWORD: secret() },
  'atelier-store': { AWS_ACCESS_KEY_ID: 'atelier', AWS_SECRET_ACCESS_KEY: secret() },
  'atelier-events': { NATS_USER: 'atelier', NATS_PASSWORD: secret() },
  'atelier-page': { ATELIER_PAGE_TOKEN: secret() },
  'atelier-grafana': { GF_SECURITY_ADMIN_USER: 'admin', GF_SECURITY_ADMIN_PASSWORD: secret() },
};

const { NAMESPACE } = process.env;
const token = readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8');

for (const [name, stringData] of Object.entries(secrets)) {
  const response = await fetch(`https://kubernetes.default.svc/api/v1/namespaces/${NAMESPACE}/secrets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels: { 'app.kubernetes.io/part-of': 'atelier' } },
      stringData,
    }),
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status === 201) console.log(`${name}: made`);
  else if (response.status === 409) console.log(`${name}: is there already, and stays`);
  else throw new Error(`${name}: the API server answers ${response.status} ${await response.text()}`);
}
