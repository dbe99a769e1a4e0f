import { promisify } from 'node:util';
import { credentials, makeClientConstructor } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

type Check = (request: { service: string }, options: object) => Promise<{ status: string }>;

/** What grpc.health.v1 says about a service, as Kubernetes' probes ask it: SERVING, NOT_SERVING. */
export async function healthOf(address: string, service: string): Promise<string> {
  const Health = makeClientConstructor(healthService, 'Health');
  const client = new Health(address, credentials.createInsecure());
  try {
    const check = promisify(client['check']?.bind(client) ?? fail) as Check;
    return (await check({ service }, { deadline: Date.now() + 60_000 })).status;
  } finally {
    client.close();
  }
}

function fail(): never {
  throw new Error('grpc-health-check has no method check');
}
