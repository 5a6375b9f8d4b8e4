/**
 * One worker, from its start to its end, whichever way it ends.
 *
 * A dead worker sends nothing. That it is gone is noticed by a Web Lock that it holds while it lives: the page asks for
 * the same lock, and getting it means that nobody holds it any more. A worker that does not take the lock in time has
 * died while it started (or loads very slowly: the patience is the caller's). Without Web Locks, on an insecure origin,
 * only error events and deadlines are left.
 */
import { type Remote, wrap } from 'comlink'
import { defectReply } from './connect-failures.ts'
import {
  type Contract,
  type Failed,
  heldCode,
  type Opened,
  type OpenRequest,
  type Reply,
} from './contract.ts'

export interface Incarnation {
  readonly remote: Remote<Contract>
  open(request: OpenRequest): Promise<Reply<Opened>>
  /** Ends the worker; `onDeath` is not called any more. */
  end(): void
}

const pollMs = 50

export interface Birth {
  readonly lockPrefix: string
  /** How long a worker may take until it runs. */
  readonly patienceMs: number
  readonly onDeath: () => void
  /** It waits for a database that somebody holds; said again and again. */
  readonly onHeld: (failure: Failed) => void
}

/** Calls `onDeath` at most once, never synchronously. Throws what the worker's constructor throws. */
export function startIncarnation(
  spawn: () => Worker,
  { lockPrefix, patienceMs, onDeath, onHeld }: Birth,
): Incarnation {
  const worker = spawn()
  const remote = wrap<Contract>(worker)
  const over = new AbortController()
  const aliveLock = `${lockPrefix}${crypto.randomUUID()}`
  let isOpen = false

  const die = (): void => {
    if (over.signal.aborted) return
    end()
    onDeath()
  }
  const end = (): void => {
    over.abort()
    worker.terminate()
  }
  // Before it is open an error is a script that cannot be loaded or run; later it is one that somebody threw.
  worker.addEventListener('error', () => !isOpen && die(), { signal: over.signal })
  // A message was lost on the way, so somebody would wait in vain.
  worker.addEventListener('messageerror', die, { signal: over.signal })

  return Object.freeze({
    remote,
    async open(request: OpenRequest): Promise<Reply<Opened>> {
      const isHeld = () => isOpen
      watchLock(aliveLock, { isHeld, patienceMs, signal: over.signal }).then(die, ignoreAbort)
      for (;;) {
        const reply = await remote.open({ ...request, aliveLock }).catch(defectReply)
        isOpen = reply.ok
        if (reply.ok || reply.failure.code !== heldCode || over.signal.aborted) return reply
        onHeld(reply.failure)
      }
    },
    end,
  })
}

interface Watch {
  /** It is known otherwise that the lock is held. */
  readonly isHeld: () => boolean
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Resolves when nobody holds the lock (any more); never, if there are no locks. */
async function watchLock(name: string, { isHeld, patienceMs, signal }: Watch): Promise<void> {
  const locks: LockManager | undefined = navigator.locks
  if (locks === undefined) return new Promise(() => undefined)
  const dueMs = Date.now() + patienceMs
  // Asked for too early the page would get it: the worker takes it as the first thing in `open`.
  while (!isHeld() && !(await locks.query()).held?.some((lock) => lock.name === name)) {
    if (signal.aborted) throw signal.reason
    if (Date.now() > dueMs) return
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  await locks.request(name, { signal }, () => undefined)
}

/** The watch was called off, which is no news. */
function ignoreAbort(): void {}
