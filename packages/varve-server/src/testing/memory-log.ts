/**
 * The log in memory, for tests: the sequencer's book of core/ledger.ts, once per log. Nothing is durable. A write that
 * fails is undone by writing the books it touched anew, which is slow and plainly right.
 */
import { randomUUID } from 'node:crypto'
import {
  assert,
  type CommitRef,
  chainStart,
  createLedger,
  dotKey,
  type Entry,
  hashOf,
  type Ledger,
  type LogId,
  type Position,
  type ReplicaId,
} from 'varve/core'
import { createGroupCommit, type WriteGround } from '../group-commit.ts'
import type { LogHead, LogTx, Origin, Placing, PolicyFailure, ServerLog } from '../log-port.ts'

interface Book {
  readonly ledgers: Map<LogId, Ledger>
  readonly owners: Map<ReplicaId, string>
  readonly checkpoints: Map<string, Position>
  readonly runs: Set<string>
  readonly origins: Map<string, Origin>
  readonly failures: Map<string, PolicyFailure>
}

export function memoryLog(): ServerLog {
  let book: Book = {
    ledgers: new Map(),
    owners: new Map(),
    checkpoints: new Map(),
    runs: new Set(),
    origins: new Map(),
    failures: new Map(),
  }
  const secret = randomUUID()
  const tx = txOf(() => book, secret)
  const ground: WriteGround<LogTx> = {
    tx,
    begin: () => {},
    async attempt(fn) {
      const before = markOf(book)
      try {
        return await fn(tx)
      } catch (thrown) {
        book = restored(book, before)
        throw thrown
      }
    },
    commit: () => {},
    abort: () => {},
    isOpen: () => true,
    close: () => {},
  }
  const group = createGroupCommit(ground)
  const entries = (log: LogId, after: Position, max: number): readonly Entry[] =>
    book.ledgers.get(log)?.entries(after, max) ?? []
  return Object.freeze({
    write: group.write,
    head: (log: LogId) => group.read(() => headOf(book.ledgers.get(log))),
    epochOf: (log: LogId) => group.read(() => book.ledgers.get(log)?.epoch ?? hashOf([secret, log])),
    entries: (log: LogId, after: Position, max: number) => group.read(() => entries(log, after, max)),
    entryTexts: (
      log: LogId,
      after: Position,
      { max, charsMax }: { readonly max: number; readonly charsMax: number },
    ) =>
      group.read(() => {
        let chars = 0
        return entries(log, after, max)
          .map((entry) => JSON.stringify(entry))
          .filter((text, index) => {
            chars += text.length
            return index === 0 || chars <= charsMax
          })
      }),
    chainAt: (log: LogId, position: Position) =>
      group.read(() => {
        if (position === 0) return chainStart
        return book.ledgers.get(log)?.entries(position - 1, 1)[0]?.chain ?? null
      }),
    logs: () => group.read(() => [...book.ledgers].map(([log, ledger]) => ({ log, head: ledger.head() }))),
    checkpoint: (policy: string, log: LogId) =>
      group.read(() => book.checkpoints.get(keyOf(policy, log)) ?? 0),
    logCount: () => group.read(() => book.ledgers.size),
    failures: (policy: string, max: number) =>
      group.read(() =>
        failuresOf(book, policy)
          .sort((a, b) => a.time - b.time)
          .slice(0, max),
      ),
    failureCount: (policy: string, max: number) =>
      group.read(() => Math.min(max, failuresOf(book, policy).length)),
    close: group.close,
  })
}

function failuresOf({ failures }: Book, policy: string): PolicyFailure[] {
  return [...failures.values()].filter((failure) => failure.policy === policy)
}

function txOf(bookNow: () => Book, secret: string): LogTx {
  const ledgerOf = (log: LogId): Ledger => {
    const ledger = bookNow().ledgers.get(log)
    assert(ledger !== undefined, `The log ${log} is created before it is asked about.`)
    return ledger
  }
  return {
    head: async (log: LogId) => headOf(bookNow().ledgers.get(log)),
    ensureLog: async (log: LogId) => {
      const { ledgers } = bookNow()
      if (!ledgers.has(log)) ledgers.set(log, createLedger(hashOf([secret, log])))
      return headOf(ledgers.get(log)) as LogHead
    },
    entries: async (log: LogId, after: Position, max: number) =>
      bookNow().ledgers.get(log)?.entries(after, max) ?? [],
    facts: async (commit, held) => ledgerOf(commit.log).facts(commit, held),
    lastForeign: async (commit, stream, after) => {
      const last = ledgerOf(commit.log)
        .touching(commit, stream)
        .findLast(({ foreign }) => foreign)
      return last !== undefined && last.entry.position > after ? last.entry.position : null
    },
    touching: async (commit, stream, { after, upTo, max }) =>
      ledgerOf(commit.log)
        .touching(commit, stream)
        .filter(({ entry }) => entry.position > after && entry.position <= upTo)
        .slice(0, max),
    owner: async (replica: ReplicaId) => bookNow().owners.get(replica),
    claim: async (replica: ReplicaId, owner: string) => {
      const { owners } = bookNow()
      assert(
        (owners.get(replica) ?? owner) === owner,
        'A replica that writes for somebody is not claimed for another.',
      )
      owners.set(replica, owner)
    },
    place: async ({ commit, principal, time }: Placing) => {
      const ledger = ledgerOf(commit.log)
      const { history } = ledger.facts(commit)
      const verdict = ledger.offer({ epoch: ledger.epoch, prev: history, commit, principal, time })
      assert(verdict.kind === 'place', `Only what accept lets in is placed; this is ${verdict.kind}.`)
      return ledger.entries(ledger.head() - 1)[0] as Entry
    },
    checkpoint: async (policy: string, log: LogId) => bookNow().checkpoints.get(keyOf(policy, log)) ?? 0,
    saveCheckpoint: async (policy: string, log: LogId, position: Position) => {
      bookNow().checkpoints.set(keyOf(policy, log), position)
    },
    hasRun: async (policy: string, trigger: CommitRef) => bookNow().runs.has(keyOf(policy, trigger)),
    saveRun: async ({ policy, trigger, written, depth }) => {
      const { runs, origins } = bookNow()
      assert(!runs.has(keyOf(policy, trigger)), 'A policy runs once per trigger.')
      runs.add(keyOf(policy, trigger))
      for (const ref of written) origins.set(keyOf('', ref), { policy, trigger, depth })
    },
    originOf: async (written: CommitRef) => bookNow().origins.get(keyOf('', written)) ?? null,
    saveFailure: async (failure: PolicyFailure) => {
      bookNow().failures.set(keyOf(failure.policy, failure.trigger), failure)
    },
    clearFailure: async (policy: string, trigger: CommitRef) => {
      bookNow().failures.delete(keyOf(policy, trigger))
    },
  }
}

function keyOf(policy: string, about: LogId | CommitRef): string {
  return JSON.stringify(typeof about === 'string' ? [policy, about] : [policy, about.log, dotKey(about.dot)])
}

function headOf(ledger: Ledger | undefined): LogHead | null {
  if (ledger === undefined) return null
  const last = ledger.entries(ledger.head() - 1)[0]
  return {
    epoch: ledger.epoch,
    position: ledger.head(),
    chain: last?.chain ?? chainStart,
    time: last?.time ?? 0,
  }
}

interface Mark extends Omit<Book, 'ledgers'> {
  readonly heads: ReadonlyMap<LogId, Position>
}

function markOf({ ledgers, ...others }: Book): Mark {
  return { ...copyOf(others), heads: new Map([...ledgers].map(([log, ledger]) => [log, ledger.head()])) }
}

function copyOf({
  owners,
  checkpoints,
  runs,
  origins,
  failures,
}: Omit<Book, 'ledgers'>): Omit<Book, 'ledgers'> {
  return {
    owners: new Map(owners),
    checkpoints: new Map(checkpoints),
    runs: new Set(runs),
    origins: new Map(origins),
    failures: new Map(failures),
  }
}

function restored(book: Book, { heads, ...others }: Mark): Book {
  const ledgers = new Map<LogId, Ledger>()
  for (const [log, head] of heads) {
    const ledger = book.ledgers.get(log) as Ledger
    ledgers.set(log, ledger.head() === head ? ledger : replayed(ledger, head))
  }
  return { ...others, ledgers }
}

function replayed(ledger: Ledger, head: Position): Ledger {
  const fresh = createLedger(ledger.epoch)
  for (const { commit, principal, time } of ledger.entries(0, head)) {
    fresh.offer({ epoch: fresh.epoch, prev: fresh.facts(commit).history, commit, principal, time })
  }
  return fresh
}
