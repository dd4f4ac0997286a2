// The queue in IndexedDB, so that it survives a closed page. Where that is missing or full, it lives in memory.
import { KEEP_MS } from './queue';
import type { Entry } from './types';

const DB = 'ccd-phone-queue';
const TABLE = 'entries';

function request<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => { r.onsuccess = () => resolve(r.result); r.onerror = () => reject(r.error); });
}

function open(): Promise<IDBDatabase | null> {
  return new Promise(resolve => {
    try {
      const r = indexedDB.open(DB, 1);
      r.onupgradeneeded = () => r.result.createObjectStore(TABLE, { keyPath: 'key' });
      r.onsuccess = () => resolve(r.result);
      r.onerror = () => resolve(null);
      r.onblocked = () => resolve(null);
      // Some old WebViews never answer.
      setTimeout(() => resolve(null), 4000);
    } catch { resolve(null); }
  });
}

export class QueueStore {
  private db: Promise<IDBDatabase | null> = open();
  /** Entries that the database did not take; they are lost when the page closes. */
  private memory = new Map<string, Entry>();

  constructor(private scope: string) {}

  private async table(mode: IDBTransactionMode): Promise<IDBObjectStore | null> {
    const db = await this.db;
    try { return db ? db.transaction(TABLE, mode).objectStore(TABLE) : null; } catch { return null; }
  }

  async all(): Promise<Entry[]> {
    const table = await this.table('readonly');
    let kept: Entry[] = [];
    if (table) {
      try { kept = await request(table.getAll() as IDBRequest<Entry[]>); } catch { kept = []; }
    }
    const old = kept.filter(e => Date.now() - e.addedAt > KEEP_MS);
    for (const e of old) await this.remove(e.key);
    const mine = kept.filter(e => e.scope === this.scope && Date.now() - e.addedAt <= KEEP_MS && !this.memory.has(e.key));
    return [...mine, ...Array.from(this.memory.values())];
  }

  /** False when the entry is only in memory. */
  async put(e: Entry): Promise<boolean> {
    const table = await this.table('readwrite');
    if (table) {
      try {
        await request(table.put(e));
        this.memory.delete(e.key);
        return true;
      } catch { /* quota, or a WebView that cannot keep blobs */ }
    }
    this.memory.set(e.key, e);
    return false;
  }

  async remove(key: string): Promise<void> {
    this.memory.delete(key);
    const table = await this.table('readwrite');
    if (table) try { await request(table.delete(key)); } catch { /* gone already */ }
  }

  async clear(): Promise<void> {
    for (const e of await this.all()) await this.remove(e.key);
  }
}
