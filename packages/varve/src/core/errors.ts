/**
 * Failure and defect, the two kinds of trouble that are thrown. (The third, a rejection, is a value: see command.ts.)
 *
 * Failure: the world said no. `code` is from a closed list, and each has a paragraph in ERRORS.md. Defect: varve was
 * wrong; it has the code `defect` and is thrown by `assert` only.
 */
export const codes = [
  'defect',
  'bad_name',
  'bad_model',
  'schema_async',
  'unknown_stream',
  'unknown_command',
  'invalid_input',
  'mixed_logs',
  'no_commands',
  'closed',
  'store_gone',
  'store_rolled_back',
  'store_newer',
  'storage_full',
  'storage_failed',
  'not_open',
  'already_open',
  'model_mismatch',
  'message_refused',
  'worker_timeout',
  'store_held',
  'worker_lost',
  'worker_keeps_dying',
  'read_only',
  'frozen',
  'undecidable',
  'unknown_projection',
  'projection_failed',
  'uncloneable',
  'no_store',
  'busy',
  'fork',
  'chain_broken',
  'beyond_head',
  'unknown_past',
  'unknown_log',
  'log_in_use',
  'bad_options',
] as const

export type Code = (typeof codes)[number]

export interface ErrorNotes {
  /** What to do about it, as a sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

export class VarveError extends Error {
  override readonly name = 'VarveError'
  readonly code: Code
  readonly hint: string | null

  constructor(code: Code, message: string, notes: ErrorNotes = {}) {
    super(message, notes.cause === undefined ? undefined : { cause: notes.cause })
    this.code = code
    this.hint = notes.hint ?? null
  }

  /** By name: what was loaded twice, in a worker of WebKit (B22), has two of this class. */
  static override [Symbol.hasInstance](value: unknown): value is VarveError {
    return (value as Error | null | undefined)?.name === 'VarveError'
  }
}

/** Throws a defect unless `condition` holds; `sentence` says what should have been true. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition)
    throw new VarveError('defect', sentence, { hint: 'This is a bug in varve: please report it.' })
}

/** What a thrown value says. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    // It has no text, or its text throws.
    return 'something that cannot be shown'
  }
}

/**
 * Whether a failure, or the problem of a status, says of the store that it is gone, of a newer program, or set back: then
 * it writes no more, its status says why, and another tab goes on with what is left.
 */
export function isOver(failure: unknown): boolean {
  return /^store_(gone|newer|rolled_back)$/.test((failure as { readonly code?: string } | null)?.code ?? '')
}
