/** Drafts in IndexedDB, shared by the tabs of a browser. Every call fails when the browser keeps nothing for this page. */
import type { Draft, DraftStorage } from '@holdfast/optimistic-client';

const databaseName = 'holdfast';
const storeName = 'drafts';

/** @throws DOMException - forbidden, as in some private windows, or broken */
export async function openIndexedDbDraftStorage(): Promise<DraftStorage> {
  const database = await openDatabase();
  // Another tab wants a newer form of it: it gets it, and what is typed here from now on is only in memory.
  database.onversionchange = () => database.close();
  const store = (mode: IDBTransactionMode) => database.transaction(storeName, mode).objectStore(storeName);
  return {
    get: (key) => resultOf(store('readonly').get(key)),
    put: async (key, draft: Draft) => {
      const drafts = store('readwrite');
      drafts.put(draft, key);
      await committed(drafts.transaction);
    },
    delete: async (key) => {
      const drafts = store('readwrite');
      drafts.delete(key);
      await committed(drafts.transaction);
    },
    list: async () => {
      const drafts = store('readonly');
      const [keys, stored] = await Promise.all([
        resultOf(drafts.getAllKeys()),
        resultOf<unknown[]>(drafts.getAll()),
      ]);
      return keys.map((key, index) => ({ key: String(key), stored: stored[index] }));
    },
  };
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  return resultOf(request);
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Committed at once, rather than when the page has heard of its request: a page that is going away never does. A request that
 * succeeded can still be taken back with its transaction, when the disk is full.
 */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.commit();
  });
}
