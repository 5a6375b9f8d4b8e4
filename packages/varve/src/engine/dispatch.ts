/**
 * Dispatch: from wishes to stored commits. Wishes that arrive while a write is in flight are decided together, in
 * order, in the next transaction (group commit); each sees what the ones before it in the group did.
 *
 *   wish ─▸ waiting ─▸ decide all on the pending world ─▸ append ─▸ swap, answer all
 *                            ▴                              │ moved (C2): another tab was faster
 *                            └────────── read its news ─────┘
 *
 * A refusal by the domain is an answer, but only once it is known that it was decided on what is stored. If the write
 * fails, exactly the wishes of its group fail, and nothing else has happened.
 */
import type { CommandRecord, Commit, Draft, Intent } from '../core/commit.ts'
import type { LogId } from '../core/dot.ts'
import { VarveError } from '../core/errors.ts'
import type { Hash } from '../core/hash.ts'
import { nameFault } from '../core/plain-data.ts'
import type { DispatchRequest, DispatchResult } from '../core/query.ts'
import { validateCommands } from '../core/validate-commands.ts'
import { barrier } from '../log/barrier.ts'
import { logLimits } from '../log/port.ts'
import type { SavedWish } from '../log/wish-journal.ts'
import { isApplied, readAnswer } from './answered-before.ts'
import { type Decided, decideGroup, mayBeStored, type Wish } from './decide-group.ts'
import { itemOf } from './inbox.ts'
import { type LogState, stampOf } from './log-state.ts'
import { mustHeadOf } from './present.ts'
import { refresh } from './refresh.ts'
import { sameShown } from './same-shown.ts'
import { roundsMax, type Writer } from './writer.ts'

export interface DispatchOptions {
  readonly actor: string | null
  readonly seal: (draft: Draft) => Commit
  readonly logOf: (kind: string) => LogId
  /** Runs a job that writes; refuses if the engine may not write any more. */
  readonly exclusively: <T>(job: () => Promise<T>) => Promise<T>
  readonly report: (thrown: unknown) => void
}

export interface Dispatch {
  /** Throws at once what is wrong with the request. */
  begin(request: DispatchRequest, again: boolean): Begun
  /** Does what was saved, unless it was done already; a refusal becomes a withdrawn commit. */
  carryOut(saved: SavedWish): Promise<DispatchResult>
}

/** A wish on its way. */
export interface Begun {
  readonly result: Promise<DispatchResult>
  /** The caller saves it in the wish journal: whatever becomes of it from now on happens once, and leaves a trace. */
  keep(order: number): SavedWish
}

interface WaitingWish extends Wish {
  readonly resolve: (result: DispatchResult) => void
  readonly reject: (failure: unknown) => void
}

export function createDispatch(writer: Writer, options: DispatchOptions): Dispatch {
  const { log, present } = writer
  const waitingByLog = new Map<LogId, WaitingWish[]>()
  const scheduled = new Set<LogId>()

  function begin(request: DispatchRequest, again: boolean): Begun {
    const { logKind, commands } = validateCommands(writer.model, request.commands)
    checkRequest(request)
    checkSize(commands)
    const id = options.logOf(logKind)
    const { actor } = options
    const after = present.mustLog(id).head.position
    const wish: Wish = { request, intent: intentIn({ ...request, commands }), actor, again, saved: null }
    return {
      result: enqueue(id, wish),
      keep(order) {
        const saved = { seed: request.seed, log: id, request: { ...request, commands }, actor, after, order }
        wish.saved = saved
        return saved
      },
    }
  }

  async function carryOut(saved: SavedWish): Promise<DispatchResult> {
    const { log: id, request, actor } = saved
    present.mustLog(id)
    return enqueue(id, { request, intent: intentIn(request), actor, again: true, saved })
  }

  /** The very object: it may be saved while it waits. */
  function enqueue(id: LogId, wish: Wish): Promise<DispatchResult> {
    return new Promise((resolve, reject) => {
      waitingOf(id).push(Object.assign(wish, { resolve, reject }))
      schedule(id)
    })
  }

  function waitingOf(id: LogId): WaitingWish[] {
    const waiting = waitingByLog.get(id) ?? []
    waitingByLog.set(id, waiting)
    return waiting
  }

  function schedule(id: LogId): void {
    if (scheduled.has(id) || waitingOf(id).length === 0) return
    scheduled.add(id)
    let group: readonly WaitingWish[] | null = null
    const take = (): readonly WaitingWish[] => {
      scheduled.delete(id)
      group = waitingOf(id).splice(0, logLimits.appendCommitsMax)
      return group
    }
    const job = async (): Promise<void> => {
      const taken = take()
      const answers = await writeGroup(id, taken)
      barrier('dispatch: before the answer')
      for (const [index, answer] of answers.entries()) taken[index]?.resolve(answer)
      await dismissRetried(id, taken, answers)
      waitingOf(id).unshift(...taken.slice(answers.length))
      schedule(id)
    }
    options.exclusively(job).catch((failure: unknown) => {
      for (const wish of group ?? take()) wish.reject(failure)
      schedule(id)
    })
  }

  /** Answers the first wishes of the group, at least one; the others did not fit into the transaction. */
  async function writeGroup(id: LogId, group: readonly WaitingWish[]): Promise<Decided['answers']> {
    for (let round = 0; round < roundsMax; round += 1) {
      const known = await readKnown(id, group)
      const applied = await readApplied(id, group)
      const state = present.mustLog(id)
      const decided = decideGroup(state, group, { ...options, known, applied })
      if (await store(state, decided)) return decided.answers
      await refresh(writer)
    }
    throw new VarveError('busy', 'Other tabs kept writing while this was being decided.', {
      hint: 'Nothing was stored. Try again.',
    })
  }

  async function readKnown(
    id: LogId,
    group: readonly WaitingWish[],
  ): Promise<ReadonlyMap<WaitingWish, DispatchResult>> {
    const known = new Map<WaitingWish, DispatchResult>()
    for (const wish of group) {
      const answer = mayBeStored(wish)
        ? await readAnswer(writer, id, { intent: wish.intent, after: wish.saved?.after })
        : null
      if (answer !== null) known.set(wish, answer)
    }
    return known
  }

  async function readApplied(id: LogId, group: readonly WaitingWish[]): Promise<ReadonlySet<Hash>> {
    const applied = new Set<Hash>()
    for (const { request } of group) {
      if (request.root !== undefined && (await isApplied(writer, id, request.root))) applied.add(request.root)
    }
    return applied
  }

  /** False if another tab was faster. */
  async function store(state: LogState, { commits, inbox, trial }: Decided): Promise<boolean> {
    if (commits.length === 0) {
      // Nothing to write, but a refusal must not be older than what another tab stored.
      return sameShown(mustHeadOf(await log.readRecord(), state.id), state.head)
    }
    barrier('dispatch: decided')
    const { status, record } = await log.appendCommits({
      log: state.id,
      stamp: stampOf(state),
      commits,
      inbox,
    })
    if (status !== 'written') return false
    present.append(state.id, { head: mustHeadOf(record, state.id), commits, inbox, trial })
    return true
  }

  /** A retry takes the place of what it retries: the inbox need not ask about that any more. */
  async function dismissRetried(
    id: LogId,
    group: readonly WaitingWish[],
    answers: Decided['answers'],
  ): Promise<void> {
    const isRefused = (answer: DispatchResult): boolean =>
      !answer.ok || itemOf(present.inbox(), answer) !== undefined
    const roots = new Set(
      answers.flatMap((answer, index) => (isRefused(answer) ? [] : [group[index]?.request.root])),
    )
    for (const { dot, withdrawn } of present.inbox().filter((item) => item.log === id)) {
      if (!roots.has(withdrawn.root)) continue
      try {
        await log.dismissInbox(id, dot)
        present.dismiss({ log: id, dot })
      } catch (thrown) {
        // The retry is stored and answered. An item that stays can be dismissed by hand.
        options.report(thrown)
      }
    }
  }

  return Object.freeze({ begin, carryOut })
}

function intentIn({ commands, now, seed }: DispatchRequest): Intent {
  return { commands, now, seed }
}

/** Even a withdrawn commit keeps its commands: what no server could place in any form must not enter the outbox. */
function checkSize(commands: readonly CommandRecord[]): void {
  const chars = JSON.stringify(commands).length
  if (commands.length <= commandsMax && chars <= commandCharsMax) return
  throw new VarveError(
    'invalid_input',
    `This cannot be dispatched: ${commands.length} commands of ${chars} characters, of at most ${commandsMax} and ${commandCharsMax}.`,
    { hint: 'Dispatch less at once.' },
  )
}

const commandsMax = 1_000
/** At three bytes each still below what a server takes of a withdrawn commit. */
const commandCharsMax = 256 * 1024

/** The parts of a request that are not commands. */
function checkRequest({ now, seed, root, correlation }: DispatchRequest): void {
  const fault =
    (Number.isFinite(now) ? null : 'now is a time in ms') ??
    nameFault(seed, 'seed') ??
    (root === undefined || typeof root === 'string' ? null : 'root is the hash of an intent') ??
    (correlation === undefined ? null : nameFault(correlation, 'correlation'))
  if (fault !== null) throw new VarveError('invalid_input', `This cannot be dispatched: ${fault}.`)
}
