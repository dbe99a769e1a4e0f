import { describe, expect, it } from 'vitest';
import type { AtelierProcess } from '../harness/atelier-process.ts';
import { Cluster, isNamed } from '../harness/cluster.ts';
import { IMPATIENT } from '../harness/small-run.ts';
import { undisturbed } from '../harness/undisturbed.ts';
import { SeededChance } from '../simulation/seeded-chance.ts';

const SEEDS = [1, 2];
const MOST_WORKERS = 3;

const faults = ['kill-worker', 'sleep', 'drain', 'join', 'kill-coordinator', 'kill-both'] as const;
type Fault = (typeof faults)[number];

/** Does to a cluster what chance wants, and sees to it that there is always a worker left or on its way. */
class Mischief {
  readonly #cluster: Cluster;
  readonly #chance: SeededChance;
  readonly #workers = new Map<string, AtelierProcess>();
  #numStarted = 0;

  constructor(cluster: Cluster, chance: SeededChance) {
    this.#cluster = cluster;
    this.#chance = chance;
    this.#join();
    this.#join();
  }

  async strike(fault: Fault): Promise<void> {
    await this.#cluster.untilCommits(this.#chance.between(3, 12));
    switch (fault) {
      case 'join':
        break;
      case 'kill-worker':
        await (await this.#takeWorker())?.kill();
        break;
      case 'sleep':
        await this.#sleep(await this.#takeWorker());
        break;
      case 'drain':
        (await this.#takeWorker())?.signal('SIGTERM');
        break;
      case 'kill-coordinator':
        await this.#cluster.coordinator.kill();
        await this.#cluster.startCoordinator();
        break;
      case 'kill-both': {
        const worker = await this.#takeWorker();
        await Promise.all([worker?.kill(), this.#cluster.coordinator.kill()]);
        await this.#cluster.startCoordinator();
      }
    }
    if (this.#workers.size === 0 || (fault === 'join' && this.#workers.size < MOST_WORKERS)) this.#join();
  }

  #join(): void {
    this.#numStarted += 1;
    const name = `worker-${this.#numStarted}`;
    this.#workers.set(name, this.#cluster.startWorker(name));
  }

  /** One that has a part in the run, if there is one. It is not counted on any more. */
  async #takeWorker(): Promise<AtelierProcess | undefined> {
    const { workers } = await this.#cluster.status();
    const members = workers.filter(({ name, state }) => state === 'active' && this.#workers.has(name));
    if (members.length === 0) return undefined;
    const { name } = this.#chance.pick(members);
    const worker = this.#workers.get(name);
    this.#workers.delete(name);
    return worker;
  }

  /**
   * For longer than its lease. It wakes when nobody waits for it any more. The others finish the step and pause, or they
   * might finish the run.
   */
  async #sleep(worker: AtelierProcess | undefined): Promise<void> {
    if (worker === undefined) return;
    const lost = this.#cluster.untilEvent('worker.lost', (event) => isNamed(event.worker, worker.name));
    await worker.freeze();
    await this.#cluster.operator.pause();
    await lost;
    worker.wake();
    await this.#cluster.operator.resume();
    this.#workers.set(worker.name, worker);
  }
}

/** Everything that can happen, in an order of chance, and the worst of it twice. */
function scheduleOf(chance: SeededChance): Fault[] {
  const left: Fault[] = [...faults, 'kill-both'];
  return Array.from(left, () => left.splice(chance.between(0, left.length - 1), 1)).flat();
}

describe('the same bits, whatever happens', () => {
  it.each(SEEDS)('again and again, as seed %i has it', async (seed) => {
    await using cluster = await Cluster.start({ scheduling: IMPATIENT });
    const chance = new SeededChance(seed);
    const mischief = new Mischief(cluster, chance);
    for (const fault of scheduleOf(chance)) await mischief.strike(fault);
    expect(await cluster.finish()).toEqual(await undisturbed());
  });
});
