/**
 * Where the sign-in is kept: in IndexedDB, written with strict durability. localStorage reaches the disk seconds late
 * in Chromium, even when the browser is closed in peace: who crashed soon after signing in was signed out, offline.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import * as v from 'valibot'

const Session = v.object({ userId: v.string(), token: v.string(), expiresAt: v.number() })
export type Session = v.InferOutput<typeof Session>

interface Shape extends DBSchema {
  session: { key: 'current'; value: unknown }
}

let opening: Promise<IDBPDatabase<Shape>> | null = null
const changes = new BroadcastChannel('varve-shop.session')

function open(): Promise<IDBPDatabase<Shape>> {
  const forget = () => {
    opening = null
  }
  opening ??= openDB<Shape>('varve-shop.session', 1, {
    upgrade: (database) => void database.createObjectStore('session'),
    // A newer page wants to change the database, or the site's data are being cleared: step aside.
    blocking: (_current, _blocked, event) => {
      ;(event.target as IDBDatabase).close()
      forget()
    },
    terminated: forget,
  })
  opening.catch(forget)
  return opening
}

/** Nobody, if what is stored cannot be read: then one signs in again, and the data are still there. */
export async function readSession(): Promise<Session | null> {
  try {
    const parsed = v.safeParse(Session, await (await open()).get('session', 'current'))
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}

/** Resolves when it is on the disk, and tells the other tabs. Rejects when the browser cannot store it. */
export async function writeSession(session: Session | null): Promise<void> {
  const tx = (await open()).transaction('session', 'readwrite', { durability: 'strict' })
  await Promise.all([
    session === null ? tx.store.delete('current') : tx.store.put(session, 'current'),
    tx.done,
  ])
  changes.postMessage(null)
}

/** Signing in or out in one tab does so in all. */
export function onSessionChange(listener: () => void): void {
  changes.addEventListener('message', listener)
}
