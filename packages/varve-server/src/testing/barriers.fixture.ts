/**
 * Named places around every write of a server, made of the log port alone: a log that tells where it is and is otherwise
 * the one it was given. A process that kills itself when it is told one dies exactly there.
 *
 *   begin ─ BEGIN ─▸ opened ─▸ (place ─▸ placed)* ─▸ decided ─ COMMIT ─▸ durable ─ receipts, publish ─▸ page ─▸ paged
 *
 * What a policy writes has barriers of its own, `policy_…`; `effect_sent` is the effect's to reach, when the world has
 * answered and nothing is noted. At `page` the receipts of the write have been handed to the
 * sockets, for followers are told after them.
 */
import type { LogTx, ServerLog } from '../log-port.ts'

const steps = ['opened', 'place', 'placed', 'decided', 'durable'] as const
type Step = (typeof steps)[number]

export type Barrier =
  | 'begin'
  | Step
  | `policy_${Exclude<Step, 'opened'>}`
  | 'policy_run'
  | 'effect_sent'
  | 'page'
  | 'paged'

export const barriers: readonly Barrier[] = [
  'begin',
  ...steps,
  'page',
  'paged',
  'policy_place',
  'policy_placed',
  'policy_run',
  'policy_decided',
  'policy_durable',
  'effect_sent',
]

export function withBarriers(log: ServerLog, reach: (barrier: Barrier) => void): ServerLog {
  return Object.freeze({
    ...log,
    async write<T>(fn: (tx: LogTx) => Promise<T> | T): Promise<T> {
      let isPolicy = false
      let isWriting = false
      const at = (step: Exclude<Step, 'opened'>) => {
        isWriting = true
        reach(isPolicy ? `policy_${step}` : step)
      }
      reach('begin')
      const value = await log.write(async (tx) => {
        reach('opened')
        const told = await fn({
          ...tx,
          hasRun: (policy, trigger) => {
            isPolicy = true
            return tx.hasRun(policy, trigger)
          },
          async place(placing) {
            at('place')
            const entry = await tx.place(placing)
            at('placed')
            return entry
          },
          async saveRun(run) {
            await tx.saveRun(run)
            reach('policy_run')
          },
        })
        if (isWriting) at('decided')
        return told
      })
      if (isWriting) at('durable')
      return value
    },
    async entryTexts(...asked: Parameters<ServerLog['entryTexts']>) {
      reach('page')
      const texts = await log.entryTexts(...asked)
      reach('paged')
      return texts
    },
  })
}
