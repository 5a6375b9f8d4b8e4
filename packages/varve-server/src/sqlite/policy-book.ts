/** The policies' part of a write: checkpoints, what has run on what, who set off whom, and what failed. */
import type { DatabaseSync } from 'node:sqlite'
import type { CommitRef, LogId, Position } from 'varve/core'
import type { LogTx, Origin, PolicyFailure, PolicyRun } from '../log-port.ts'

export type PolicyBook = Pick<
  LogTx,
  'checkpoint' | 'saveCheckpoint' | 'hasRun' | 'saveRun' | 'originOf' | 'saveFailure' | 'clearFailure'
>

interface OriginRow {
  readonly policy: string
  readonly depth: number
  readonly trigger_log: string
  readonly trigger_replica: string
  readonly trigger_counter: number
}

export function createPolicyBook(db: DatabaseSync): PolicyBook {
  const selectCheckpoint = db.prepare('SELECT position FROM checkpoints WHERE policy = ? AND log = ?')
  const upsertCheckpoint = db.prepare(
    'INSERT OR REPLACE INTO checkpoints (policy, log, position) VALUES (?, ?, ?)',
  )
  const selectRun = db.prepare(
    'SELECT 1 FROM policy_runs WHERE policy = ? AND log = ? AND replica = ? AND counter = ?',
  )
  const insertRun = db.prepare(
    'INSERT INTO policy_runs (policy, log, replica, counter, depth) VALUES (?, ?, ?, ?, ?)',
  )
  const insertOrigin = db.prepare(
    `INSERT INTO policy_origins (log, replica, counter, policy, depth, trigger_log, trigger_replica, trigger_counter)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const selectOrigin = db.prepare(
    `SELECT policy, depth, trigger_log, trigger_replica, trigger_counter FROM policy_origins
     WHERE log = ? AND replica = ? AND counter = ?`,
  )
  const upsertFailure = db.prepare(
    `INSERT OR REPLACE INTO policy_failures (policy, log, replica, counter, position, reason, message, time)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const deleteFailure = db.prepare(
    'DELETE FROM policy_failures WHERE policy = ? AND log = ? AND replica = ? AND counter = ?',
  )

  return {
    checkpoint: async (policy: string, log: LogId) => checkpointOf(selectCheckpoint.get(policy, log)),
    saveCheckpoint: async (policy: string, log: LogId, position: Position) => {
      upsertCheckpoint.run(policy, log, position)
    },
    hasRun: async (policy: string, { log, dot }: CommitRef) =>
      selectRun.get(policy, log, dot.replica, dot.counter) !== undefined,
    saveRun: async ({ policy, trigger, written, depth }: PolicyRun) => {
      // The primary key is what makes a second run on one trigger impossible.
      insertRun.run(policy, trigger.log, trigger.dot.replica, trigger.dot.counter, depth)
      for (const { log, dot } of written) {
        insertOrigin.run(
          log,
          dot.replica,
          dot.counter,
          policy,
          depth,
          trigger.log,
          trigger.dot.replica,
          trigger.dot.counter,
        )
      }
    },
    originOf: async ({ log, dot }: CommitRef): Promise<Origin | null> => {
      const row = selectOrigin.get(log, dot.replica, dot.counter) as OriginRow | undefined
      if (row === undefined) return null
      const { policy, depth, trigger_log, trigger_replica, trigger_counter } = row
      return {
        policy,
        depth,
        trigger: { log: trigger_log, dot: { replica: trigger_replica, counter: trigger_counter } },
      }
    },
    saveFailure: async ({ policy, trigger, position, reason, message, time }: PolicyFailure) => {
      upsertFailure.run(
        policy,
        trigger.log,
        trigger.dot.replica,
        trigger.dot.counter,
        position,
        reason,
        message,
        time,
      )
    },
    clearFailure: async (policy: string, { log, dot }: CommitRef) => {
      deleteFailure.run(policy, log, dot.replica, dot.counter)
    },
  }
}

export function checkpointOf(row: unknown): Position {
  return (row as { readonly position: Position } | undefined)?.position ?? 0
}
