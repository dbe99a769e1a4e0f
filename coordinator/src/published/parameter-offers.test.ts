import { memoryId } from '@atelier/shared/memory/memory-id';
import { atOnce } from '@atelier/shared/memory/pauses';
import { readSegment } from '@atelier/shared/memory/segment';
import { SharedMemory } from '@atelier/shared/memory/shared-memory';
import { systemClock } from '@atelier/shared/time/system-clock';
import { describe, expect, it } from 'vitest';
import { RunMeter } from '../meter/run-meter.ts';
import { Session } from '../sessions/session.ts';
import { offersTo } from './parameter-offers.ts';
import { PublishedParameters } from './published-parameters.ts';

const definition = { groups: [{ name: 'learner', tensors: [], statistics: [] }] };

/** A group whose whole values are its version, and whose difference is ten times that. */
function groupAt(version: number) {
  return {
    reducers: undefined,
    versionOf: () => version,
    publishedOf: (_: string, hasPrevious: boolean) => ({
      isDifference: hasPrevious,
      bytes: Uint8Array.of(hasPrevious ? 10 * version : version),
    }),
  };
}

function member(peerMemoryId: string): Session {
  const link = { send: () => {}, end: () => {} };
  const hello = {
    workerId: 'w-1',
    name: 'w',
    host: 'here',
    pid: 1,
    protocolVersion: 1,
    memoryId: peerMemoryId,
  };
  return new Session('session', hello, link, 0);
}

function coordinator() {
  const memory = new SharedMemory({ onOff: () => {} });
  return { memory, published: new PublishedParameters(memory), meter: new RunMeter(systemClock) };
}

it('names the version alone to a worker of another machine', () => {
  const offers = offersTo(member(''), { definition, training: groupAt(4) }, coordinator());
  expect(offers).toEqual([{ group: 'learner', version: 4 }]);
});

describe.runIf(memoryId() !== '')('to a worker that shares its memory', () => {
  const offer = (session: Session, version: number, modules: ReturnType<typeof coordinator>) => {
    const [offered] = offersTo(session, { definition, training: groupAt(version) }, modules);
    if (!offered?.segment) return offered;
    const value = new Uint8Array(1);
    const { pid = 0, fd = 0, inode, stamp } = offered.segment;
    const name = { pid, fd, inode: Number(inode), stamp: Number(stamp) };
    atOnce(readSegment(name, 1, () => value));
    return { isDifference: offered.isDifference, value: value[0] };
  };

  it('says where a version lies, once: whole, and to one that has the version before the difference', () => {
    const modules = coordinator();
    const [session, later] = [member(memoryId()), member(memoryId())];
    expect(offer(session, 4, modules)).toEqual({ isDifference: false, value: 4 });
    expect(offer(session, 4, modules)).toEqual({ group: 'learner', version: 4 });
    expect(offer(session, 5, modules)).toEqual({ isDifference: true, value: 50 });
    expect(offer(later, 5, modules)).toEqual({ isDifference: false, value: 5 });
    expect(offer(session, 7, modules)).toEqual({ isDifference: false, value: 7 });
    const sent = Object.fromEntries([...modules.meter.sentBytes].map(([of, bytes]) => [of.join(), bytes]));
    expect(sent).toMatchObject({ 'parameters,memory': 3, 'difference,memory': 1, 'parameters,grpc': 0 });
  });

  it('names the version alone when memory does not work any more', () => {
    const modules = coordinator();
    modules.memory.turnOff('no room');
    expect(offer(member(memoryId()), 4, modules)).toEqual({ group: 'learner', version: 4 });
  });
});
