import type { ObjectStore } from './object-store.ts';

/** The part of a store whose keys begin so, as a store. @param prefix ends with '/' */
export function prefixedStore(store: ObjectStore, prefix: string): ObjectStore {
  return {
    location: `${store.location}/${prefix}`,
    put: (key, bytes, signal) => store.put(`${prefix}${key}`, bytes, signal),
    get: (key, signal) => store.get(`${prefix}${key}`, signal),
    getRange: (key, offset, length, signal) => store.getRange(`${prefix}${key}`, offset, length, signal),
    list: async (listed, signal) =>
      (await store.list(`${prefix}${listed}`, signal)).map((key) => key.slice(prefix.length)),
    remove: (key, signal) => store.remove(`${prefix}${key}`, signal),
  };
}
