/**
 * One device's disk, after each transaction: a prefix of the server's log and an outbox in which every counter stands
 * once, in order, and from which nothing leaves but by standing in the log.
 */
import type { Commit } from '../../../core/commit.ts'
import type { LogId } from '../../../core/dot.ts'
import type { MemoryTables } from '../../../log/memory-disk.ts'
import { dotText, type ServerAudit } from './server-audit.ts'

export interface DiskAudit {
  look(tables: MemoryTables): string | null
  /** The next look is a first one. */
  forget(): void
  /** Whether this wish is pending or placed, as far as this disk knows. */
  holds(seed: string): boolean
  outboxLength(): number
  /** Seeds of what is pending. */
  pending(): readonly string[]
  /** Whether this was pending here. If the disk was set back: since then, or it stands in the log that is left. */
  hasHeld(dot: string): boolean
}

export interface DiskAuditGround {
  readonly device: string
  readonly log: LogId
  readonly server: ServerAudit
  /** Who writes as a replica: the device, or another one that came first. */
  readonly ownerOf: (replica: string) => string
  readonly stored: (commit: Commit, known: number) => void
}

export function createDiskAudit({ device, log, server, ownerOf, stored }: DiskAuditGround): DiskAudit {
  let outbox: readonly Commit[] = []
  let position = 0
  let resets: number | null = null
  let isSetBack = false
  const pending = new Map<string, Commit>()
  const placed = new Set<string>()
  const placedSeeds = new Set<string>()
  const issued = new Map<string, number>()
  const held = new Set<string>()

  function look({ record, outboxes, entries }: MemoryTables): string | null {
    const head = record?.heads.find((each) => each.log === log)
    if (head === undefined) return null
    const stands = entries.get(log) ?? []
    if (head.position !== stands.length) return `its head is @${head.position} of ${stands.length} entries`
    if (head.chain !== (stands.at(-1)?.chain ?? '')) return 'its head has another chain than its last entry'
    // Its first sight, or the log went back to a fork: all of it is new.
    const isReset = resets !== head.resets
    resets = head.resets
    if (isReset) {
      position = 0
      placed.clear()
      placedSeeds.clear()
      pending.clear()
      outbox = []
      issued.clear()
      issued.set(record?.replica ?? '', head.issued)
    }
    if (stands.length < position) return 'its log became shorter'
    const fresh = stands.slice(position)
    for (const entry of fresh) {
      if (!server.hasHeld(entry.chain)) return `@${entry.position} never was durable at the server`
      placed.add(dotText(entry.commit.dot))
      placedSeeds.add(entry.commit.seed)
    }
    position = stands.length
    const fault = outboxFault(outboxes.get(log) ?? [], isReset)
    if (isSetBack) for (const dot of held) if (!placed.has(dot) && !pending.has(dot)) held.delete(dot)
    isSetBack = false
    if (fault !== null) return fault
    const both = fresh.find(({ commit }) => pending.has(dotText(commit.dot)))
    return both === undefined ? null : `${dotText(both.commit.dot)} is pending and placed`
  }

  function outboxFault(next: readonly Commit[], isReset: boolean): string | null {
    if (next === outbox) return null
    const keys = new Set(next.map((commit) => dotText(commit.dot)))
    if (keys.size < next.length) return 'a name stands twice in its outbox'
    for (const commit of outbox) {
      const key = dotText(commit.dot)
      if (keys.has(key)) continue
      if (!placed.has(key)) return `${key} left its outbox and is not in its log`
      pending.delete(key)
    }
    for (const commit of next) {
      held.add(dotText(commit.dot))
      const fault = isReset ? adopt(commit) : commitFault(commit)
      if (fault !== null) return `${dotText(commit.dot)} ${fault}`
    }
    outbox = next
    return null
  }

  /** A commit that is pending on another ground than before: what leaned on nothing lost is as it was. */
  function adopt(commit: Commit): null {
    pending.set(dotText(commit.dot), commit)
    stored(commit, Math.min(position, commit.base))
    return null
  }

  function commitFault(commit: Commit): string | null {
    const key = dotText(commit.dot)
    const before = pending.get(key)
    if (before === commit) return null
    if (placed.has(key)) return 'is pending and placed'
    pending.set(key, commit)
    if (before?.content === commit.content) return null
    stored(commit, position)
    if (before !== undefined) {
      return before.intent === commit.intent && before.born === commit.born
        ? null
        : 'changed its intent or its birth'
    }
    const { replica, counter } = commit.dot
    const owner = ownerOf(replica)
    // A copied profile writes under the names of the one that it was copied from.
    if (owner.charAt(0) !== device.charAt(0)) return `is written by ${device}, and ${replica} is ${owner}'s`
    if (counter !== (issued.get(replica) ?? 0) + 1) return `comes after ${issued.get(replica) ?? 0}`
    issued.set(replica, counter)
    return commit.born === position
      ? null
      : `was born at ${commit.born}, on a disk that stands at ${position}`
  }

  return Object.freeze({
    look,
    forget() {
      resets = null
      isSetBack = true
    },
    holds: (seed: string) => placedSeeds.has(seed) || outbox.some((commit) => commit.seed === seed),
    outboxLength: () => outbox.length,
    pending: () => outbox.map(({ seed }) => seed),
    hasHeld: (dot: string) => held.has(dot),
  })
}
