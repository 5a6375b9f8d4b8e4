/**
 * Commands given on the server: seeds, staff scripts, imports. They are decided at the head of their log inside the
 * transaction that places them, as a policy's are.
 *
 * Up to `chunk` commands are one commit and so done all or not at all; more become several commits, in order, in
 * one transaction each. The first that is refused ends it; what was placed before stays.
 */
import { randomUUID } from 'node:crypto'
import {
  type CommandCall,
  type LogId,
  type Model,
  nameFault,
  type PlainData,
  VarveError,
  validateCommands,
} from 'varve/core'
import { type Host, type Written, writeAs } from './host.ts'
import type { ServerLog } from './log-port.ts'

export interface DispatchOptions {
  /** Stands in the entries. */
  readonly principal: string
  readonly actor?: string | null
  /** Commands per commit. */
  readonly chunk?: number
}

export type Dispatched =
  | { readonly ok: true; readonly placed: readonly Written[] }
  | {
      readonly ok: false
      readonly reason: string
      readonly details?: PlainData
      /** Which of the commands was refused (index). */
      readonly command: number
      readonly placed: readonly Written[]
    }

export interface DispatchPorts {
  readonly log: ServerLog
  readonly host: Host
  readonly model: Model
  readonly now: () => number
  readonly moved: (log: LogId, head: number) => void
}

export const dispatchChunk = 100

/**
 * Throws before anything is written: like `validateCommands` if a command is none of the model's, `bad_name` if the log,
 * the principal or the actor is no name, `bad_options` if `chunk` is no number of commands.
 */
export async function dispatchOn(
  { log, host, model, now, moved }: DispatchPorts,
  target: LogId,
  {
    calls,
    principal,
    actor = null,
    chunk = dispatchChunk,
  }: DispatchOptions & { readonly calls: readonly CommandCall[] },
): Promise<Dispatched> {
  if (!Number.isSafeInteger(chunk) || chunk < 1) {
    throw new VarveError('bad_options', `chunk is ${chunk}, which is no number of commands per commit.`, {
      hint: 'Give a whole number from 1, or leave it out.',
    })
  }
  mustBeName(target, 'log')
  mustBeName(principal, 'principal')
  if (actor !== null) mustBeName(actor, 'actor')
  const { commands } = validateCommands(model, calls)
  const placed: Written[] = []
  for (let first = 0; first < commands.length; first += chunk) {
    const wish = { log: target, commands: commands.slice(first, first + chunk), seed: randomUUID() }
    const carried = await writeAs(host, log, (hostTx) =>
      hostTx.carryOut([wish], { principal, actor, causation: null, now: now() }),
    )
    if (!carried.ok) {
      const { reason, details, command = 0 } = carried
      return {
        ok: false,
        reason,
        ...(details === undefined ? null : { details }),
        command: first + command,
        placed,
      }
    }
    for (const written of carried.written) {
      placed.push(written)
      moved(written.log, written.position)
    }
  }
  return { ok: true, placed }
}

/** Whoever reads the log must be able to read what stands in its entries. */
function mustBeName(value: unknown, what: string): void {
  const fault = nameFault(value, what)
  if (fault !== null) {
    throw new VarveError('bad_name', `dispatch was given no proper ${fault}.`, {
      hint: 'Names are well-formed text of 1 to 256 characters without NUL.',
    })
  }
}
