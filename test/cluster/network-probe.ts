import type { Kubectl } from './kubectl.ts';

const CONNECT_MS = 5_000;
const SCRIPT = `
const [host, port] = process.argv[1].split(':');
const socket = require('node:net').connect({ host, port, timeout: ${CONNECT_MS} });
const end = (answer) => () => { console.log(answer); process.exit(); };
socket.on('connect', end('open')).on('timeout', end('closed')).on('error', end('closed'));
`;

/** Whether a pod with these labels gets a connection to host:port. */
export async function isOpen(
  address: string,
  { kubectl, labels }: { readonly kubectl: Kubectl; readonly labels: Readonly<Record<string, string>> },
): Promise<boolean> {
  const name = 'network-probe';
  const image = process.env['ATELIER_COORDINATOR_IMAGE'] ?? 'atelier/coordinator:0.1.0';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', SCRIPT, '--', address],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
  await kubectl.apply(JSON.stringify(pod));
  try {
    await kubectl.run('wait', `pod/${name}`, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s');
    return (await kubectl.run('logs', name)).trim() === 'open';
  } finally {
    await kubectl.run('delete', 'pod', name, '--grace-period=1');
  }
}
