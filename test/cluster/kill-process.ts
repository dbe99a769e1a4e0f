import { Kubectl } from './kubectl.ts';

/** Runs on the node, as root, and sees all of its processes. */
const SCRIPT = `
const { readdirSync, readFileSync } = require('node:fs');
const wanted = process.argv[1];
const isWanted = (pid) => {
  try {
    const line = readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0');
    return Number(pid) !== process.pid && line[0] === 'node' && line.includes(wanted);
  } catch {
    return false;
  }
};
const pids = readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && isWanted(name));
for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
console.log(pids.length);
`;

/**
 * SIGKILL for the one process of a pod that has an argument, from the node that it is on. Deleting a pod by force is not
 * that: its processes have a moment to end in peace.
 */
export async function killProcess(pod: string, argument: string, { kubectl }: { readonly kubectl: Kubectl }) {
  const { spec } = await kubectl.json<{ spec: { nodeName: string } }>('get', 'pod', pod);
  const outside = new Kubectl('default');
  const name = 'kill-process';
  const killer = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: spec.nodeName,
      hostPID: true,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [
        {
          name,
          image: process.env['ATELIER_COORDINATOR_IMAGE'] ?? 'atelier/coordinator:0.1.0',
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', SCRIPT, '--', argument],
          securityContext: { runAsUser: 0 },
        },
      ],
    },
  };
  await outside.apply(JSON.stringify(killer));
  try {
    await outside.run('wait', `pod/${name}`, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s');
    const numKilled = Number(await outside.run('logs', name));
    if (numKilled !== 1) throw new Error(`${numKilled} processes of ${pod} had the argument ${argument}`);
  } finally {
    await outside.run('delete', 'pod', name, '--grace-period=1');
  }
}
