/** What a page may hand over that is no commit and no cut, whatever its types said. */
import type { CommandCall } from '../core/command.ts'
import { VarveError } from '../core/errors.ts'
import type { CommitRef, Cut } from '../core/query.ts'
import type { StoreOptions } from './store-on.ts'

/** The fields of a ref alone. Throws `invalid_input`. */
export function mustRef(ref: CommitRef): CommitRef {
  const { log, dot, seed } = (ref ?? {}) as Partial<CommitRef>
  if (typeof log === 'string' && typeof dot?.replica === 'string' && isCount(dot.counter))
    return { log, dot, ...(typeof seed === 'string' && { seed }) }
  throw wrong('a commit is named by { log, dot }')
}

/** A cut and nothing else. Throws `invalid_input`. */
export function mustCut(cut: Cut): Cut {
  const { time, log, position } = (cut ?? {}) as Partial<Record<'time' | 'log' | 'position', unknown>>
  if (typeof time === 'number' && Number.isFinite(time)) return { time }
  if (typeof log === 'string' && isCount(position)) return { log, position }
  throw wrong('a past is cut at { time } or { log, position }')
}

/** Throws `invalid_input`. */
export function mustToken(token: string | null): string | null {
  if (token === null || typeof token === 'string') return token
  throw wrong('a token is text, or null when signed out')
}

/** The same for every way to open a store. Throws `bad_options`. */
export function mustOptions({ name, logs, actor }: Pick<StoreOptions, 'name' | 'logs' | 'actor'>): void {
  const fault =
    (isText(name) && name !== '' ? null : 'name is a text that is not empty') ??
    (isTexts(logs) ? null : "logs says for each kind of log which one it is, such as { shop: 'shop' }") ??
    (actor === undefined || actor === null || isText(actor) ? null : 'actor is a text')
  if (fault !== null) throw new VarveError('bad_options', `This store cannot be opened: ${fault}.`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText)
  )
}

/**
 * Calls as they go to the engine, which checks them against the model: a copy, so that whoever changes the input while
 * it waits, or after it, changes no wish. Throws `invalid_input`.
 */
export function mustCalls(calls: CommandCall | readonly CommandCall[]): readonly CommandCall[] {
  const copies = ([calls].flat() as readonly CommandCall[]).map((call) => {
    if (typeof call?.stream !== 'string' || typeof call.name !== 'string')
      throw wrong('this is no call that Cart.commands.addItem(…) has made')
    const { stream, name, input } = call
    return { stream, name, ...(input !== undefined && { input }) }
  })
  try {
    return structuredClone(copies)
  } catch (cause) {
    // Whatever a page may hold that is no data: functions, elements, promises.
    throw wrong('its input holds what cannot be copied', cause)
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function wrong(what: string, cause?: unknown): VarveError {
  return new VarveError('invalid_input', `The call is wrong: ${what}.`, { cause })
}
