/** The server's log as a value. The real ledger is filled again for each question, and asked. */
import type { Verdict } from '../../core/accept.ts'
import type { Commit, Entry } from '../../core/commit.ts'
import type { Position, StreamName } from '../../core/dot.ts'
import type { Hash } from '../../core/hash.ts'
import { extendHistoryBy } from '../../core/history.ts'
import { createLedger, type Ledger } from '../../core/ledger.ts'
import { knownOutcomeOf } from './hashed.ts'
import type { Protocol } from './switches.ts'

export interface Log {
  readonly epoch: string
  readonly entries: readonly Entry[]
}

/** One pushed commit on its way. A push of several is several frames: the server takes them one by one. */
export interface Frame {
  readonly epoch: string
  readonly prev: Hash
  readonly commit: Commit
}

export function emptyLog(epoch: string): Log {
  return { epoch, entries: [] }
}

export function offer(
  protocol: Protocol,
  log: Log,
  frame: Frame,
  held?: ReadonlySet<StreamName>,
): { readonly verdict: Verdict; readonly log: Log } {
  const ledger = ledgerOf(protocol, log)
  const verdict = ledger.offer({ ...frame, principal: null, time: 0 }, held)
  return { verdict, log: verdict.kind === 'place' ? { ...log, entries: ledger.entries(0) } : log }
}

/** A server that ends without notice and comes back. A9: nobody has heard of what it lost. */
export function crash(protocol: Protocol, log: Log): Log {
  return protocol.off === 'A9' ? { ...log, entries: log.entries.slice(0, -1) } : log
}

/** A server that comes back from a backup, as its operator says: the log has another epoch. */
export function restore(log: Log, upTo: Position, epoch: string): Log {
  return { epoch, entries: log.entries.slice(0, upTo) }
}

export function frameKey({ epoch, prev, commit }: Frame): string {
  return `${epoch}/${prev}/${commit.content}`
}

export function logKey({ epoch, entries }: Log): string {
  return `${epoch}/${entries.length}/${entries.at(-1)?.chain ?? ''}`
}

/** What the server would answer, without doing it. */
export function verdictOf(protocol: Protocol, ledger: Ledger, { epoch, prev, commit }: Frame): Verdict {
  return protocol.accept({ epoch, prev, commit }, ledger.facts(commit))
}

/** The real ledger, holding this log. */
export function ledgerOf(protocol: Protocol, { epoch, entries }: Log): Ledger {
  let isFilling = true
  const ledger = createLedger(epoch, (pushed, facts) => {
    if (!isFilling) return protocol.accept(pushed, facts)
    const { commit } = pushed
    const outcome = knownOutcomeOf(commit)
    return {
      kind: 'place',
      outcome,
      history: extendHistoryBy(facts.history, commit.dot, commit.intent, outcome),
    }
  })
  for (const { commit, principal, time } of entries)
    ledger.offer({ epoch, prev: '', commit, principal, time })
  isFilling = false
  return ledger
}
