// @ts-check
// Folders that need each other, in what dependency-cruiser read. Its own folder rule does not see a folder and a folder in
// it, nor files of two folders that need each other through a third.
import { posix } from 'node:path';

/**
 * @typedef {object} Module
 * @property {string} source its path from the root, with '/'
 * @property {readonly { readonly resolved: string }[]} dependencies
 */

/**
 * Of every folder: the cycles among what is in it. What lies at any depth below one of its folders counts as that folder's;
 * the files that lie in the folder itself count as one part more, './'. So neither two folders nor a folder and one in it
 * import each other, over however many others. A folder `testing` is a part of the one that it is in.
 * @param {readonly Module[]} modules of one's own; dependencies on others are left out
 * @returns {string[]} one a cycle, with an import for every arrow: 'a/b -> a/c (a/b/x.ts imports a/c/y.ts) -> a/b (...)'
 */
export function folderCyclesOf(modules) {
  const own = new Set(modules.map(({ source }) => source));
  /** @type {Map<string, Map<string, Map<string, string>>>} by the folder that both are in, from, to: an import */
  const graphs = new Map();
  for (const { source, dependencies } of modules) {
    for (const { resolved } of dependencies) {
      if (!own.has(resolved)) continue;
      const { parent, from, to } = partsOf(source, resolved);
      if (from === to) continue;
      const graph = entryOf(graphs, parent, () => new Map());
      const arrows = entryOf(graph, from, () => new Map());
      entryOf(arrows, to, () => `${source} imports ${resolved}`);
    }
  }
  return [...graphs.values()].flatMap((graph) => cyclesOf(graph));
}

/**
 * The innermost folder that two files are both in, and the parts of it that they belong to.
 * @param {string} source
 * @param {string} target
 */
function partsOf(source, target) {
  const [a, b] = [foldersOf(source), foldersOf(target)];
  let depth = 0;
  while (depth < a.length && depth < b.length && a[depth] === b[depth]) depth += 1;
  const parent = a.slice(0, depth).join('/');
  /** @param {readonly string[]} folders */
  const part = (folders) => posix.join(parent, folders[depth] ?? './');
  return { parent, from: part(a), to: part(b) };
}

/** @param {string} file */
function foldersOf(file) {
  return posix
    .dirname(file)
    .split('/')
    .filter((name) => name !== 'testing');
}

/**
 * A shortest cycle through each part that has one, each cycle once.
 * @param {ReadonlyMap<string, ReadonlyMap<string, string>>} graph
 */
function cyclesOf(graph) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  const cycles = [];
  for (const start of graph.keys()) {
    const cycle = cycleFrom(start, graph);
    const key = cycle?.toSorted().join();
    if (cycle === undefined || key === undefined || seen.has(key)) continue;
    seen.add(key);
    const arrows = cycle.map((from, i) => {
      const to = cycle[(i + 1) % cycle.length] ?? from;
      return `${to} (${graph.get(from)?.get(to)})`;
    });
    cycles.push([start, ...arrows].join(' -> '));
  }
  return cycles;
}

/**
 * By breadth: the parts on a shortest way from `start` back to it.
 * @param {string} start
 * @param {ReadonlyMap<string, ReadonlyMap<string, string>>} graph
 * @returns {string[] | undefined}
 */
function cycleFrom(start, graph) {
  const paths = [[start]];
  const reached = new Set();
  for (const path of paths) {
    for (const next of graph.get(path.at(-1) ?? start)?.keys() ?? []) {
      if (next === start) return path;
      if (reached.has(next)) continue;
      reached.add(next);
      paths.push([...path, next]);
    }
  }
  return undefined;
}

/**
 * @template Key, Value
 * @param {Map<Key, Value>} map
 * @param {Key} key
 * @param {() => Value} create
 * @returns {Value}
 */
function entryOf(map, key, create) {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}
