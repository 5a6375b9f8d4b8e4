/**
 * Rule A7 in the small, with a model of its own: what is forged is refused, and what honest authors decided is placed,
 * though others wrote to a stream that commutes, and however often it was decided again.
 */
import type { CommandCall } from '../../core/command.ts'
import { type Commit, sealCommit } from '../../core/commit.ts'
import type { Ledger } from '../../core/ledger.ts'
import { validateCommands } from '../../core/validate-commands.ts'
import type { World } from '../../core/world.ts'
import { type ReferenceReplica, referenceReplica } from '../reference-replica.ts'
import {
  asWritten,
  Basket,
  Board,
  emptyFair,
  fair,
  fairRules,
  Price,
  type Verifying,
  verifyingLedger,
} from '../verified-fair.ts'
import type { Protocol } from './switches.ts'

/** Null if the server refuses the forged commit, and no other. */
export function verifyingFault(protocol: Protocol): string | null {
  const fill = Basket.commands.fill('b', { item: 'cup' })

  const forging = fairOf(protocol)
  forging.wish('a', Price.commands.set('cup', { cents: 5 }))
  forging.wish('a', fill)
  const forged = forging.push('a', (commit) => {
    const events = commit.events.map((event) => ({ ...event, data: { item: 'cup', cents: 1, met: 0 } }))
    return commit.dot.counter === 2 ? sealCommit({ ...commit, events }) : commit
  })
  if (forged !== 'place,forbidden') return `a price changed by hand: ${forged}`

  const commuting = fairOf(protocol)
  commuting.wish('a', Board.commands.begin('main'))
  commuting.wish('b', Board.commands.sign('main'))
  commuting.push('b')
  const behind = commuting.push('a')
  if (behind !== 'place') return `an honest commit on a stream that commutes: ${behind}`

  const batches = fairOf(protocol)
  batches.wish('a', fill)
  for (let n = 0; n < 3; n += 1) {
    batches.wish('b', Price.commands.raise('cup'))
    batches.push('b')
    batches.pull('b')
    batches.pull('a')
  }
  const again = batches.push('a')
  return again === 'place' ? null : `an honest commit that was decided again three times: ${again}`
}

/** Null if a2, which counted a1 on the board, is decided again when a1 is withdrawn, and both are placed. */
export function commutingCascadeFault(protocol: Protocol): string | null {
  const play = fairOf(protocol)
  play.wish('a', Board.commands.write('main', { item: 'cup' }))
  play.wish('a', Board.commands.sign('main'))
  play.wish('b', Price.commands.set('cup', { cents: 7 }))
  play.push('b')
  play.pull('a')
  const kinds = play.push('a')
  return kinds === 'place,place' ? null : `a1° and a2: ${kinds}`
}

function fairOf({ off, reconcile }: Protocol) {
  /** Where a's pending commit was decided, each time. */
  const bases: number[] = []
  const how: Verifying = {
    knows: off === 'A7 base' ? () => true : asWritten.knows,
    since: off === 'A7 born' ? ({ born }) => bases.at(-2) ?? born : asWritten.since,
  }
  const ledger: Ledger = verifyingLedger('e', off === 'A7' ? null : how)
  const replicas = new Map<string, ReferenceReplica<World>>(
    ['a', 'b'].map((replica) => [
      replica,
      referenceReplica({
        ...{ log: 'fair', replica, rules: fairRules, initial: emptyFair() },
        reconcileWith: reconcile,
      }),
    ]),
  )
  const mustReplica = (name: string) => replicas.get(name) as ReferenceReplica<World>
  let wishes = 0

  return {
    wish(name: string, call: CommandCall): void {
      wishes += 1
      mustReplica(name).dispatch({ ...validateCommands(fair, [call]), now: 0, seed: `${name}${wishes}` })
    },
    pull(name: string): void {
      const replica = mustReplica(name)
      replica.receive('e', ledger.entries(replica.position()))
      if (name === 'a') bases.push(...replica.outbox().map(({ base }) => base))
    },
    push(name: string, change = (commit: Commit): Commit => commit): string {
      const kinds = mustReplica(name)
        .outbox()
        .map((pending) => {
          const commit = change(pending)
          const prev = ledger.facts(commit).history
          return ledger.offer({ epoch: 'e', prev, commit, principal: null, time: 0 }).kind
        })
      return kinds.join()
    },
  }
}
