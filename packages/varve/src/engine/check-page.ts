/**
 * What comes from a server is checked before anything is stored: that it continues what is here, without a gap, and
 * that its hashes are those of its content and chain on to ours. Equal chains at equal positions prove that two stores
 * hold the same log.
 */
import { chainOf, type Entry, isWhole } from '../core/commit.ts'
import { VarveError } from '../core/errors.ts'
import type { LogHead } from '../log/port.ts'

export interface Page {
  readonly epoch: string
  /** Consecutive. */
  readonly entries: readonly Entry[]
}

/** The entries that are new here, or `gap` if they begin beyond the next position. Throws `fork` or `chain_broken`. */
export function newEntries(head: LogHead, { epoch, entries }: Page): readonly Entry[] | 'gap' {
  if (head.epoch !== null && head.epoch !== epoch) {
    throw fork(`The server's log ${head.log} is another incarnation than the one known here.`)
  }
  const atHead = entries.find((entry) => entry.position === head.position)
  if (atHead !== undefined && atHead.chain !== head.chain) {
    throw fork(`The server holds another entry at @${head.position} of ${head.log} than this store.`)
  }
  const fresh = entries.filter((entry) => entry.position > head.position)
  const [first] = fresh
  if (first !== undefined && first.position !== head.position + 1) return 'gap'
  checkChain(head, fresh)
  return fresh
}

function checkChain(head: LogHead, entries: readonly Entry[]): void {
  let { position, chain } = head
  for (const entry of entries) {
    position += 1
    if (entry.position !== position) {
      throw broken(`Entries of ${head.log} came with @${entry.position} where @${position} belongs.`)
    }
    if (entry.commit.log !== head.log) {
      throw broken(`The entry @${position} of ${head.log} holds a commit of ${entry.commit.log}.`)
    }
    if (!isWhole(entry.commit))
      throw broken(`The commit @${position} of ${head.log} is not what its hash names.`)
    const { chain: claimed, ...unchained } = entry
    chain = chainOf(chain, unchained)
    if (claimed !== chain) throw broken(`The chain of ${head.log} breaks at @${position}.`)
  }
}

function fork(message: string): VarveError {
  return new VarveError('fork', message, {
    hint: 'The server was restored from a backup, or it is another server. Nothing was changed here.',
  })
}

function broken(message: string): VarveError {
  return new VarveError('chain_broken', message, {
    hint: 'An entry was changed on its way or on the server. Nothing was stored.',
  })
}
