/**
 * Decides a group of wishes, in order, on a fork of the pending world: pure, so that it can be done again when another
 * tab was faster. Stops before a commit that would make the transaction too large; what is left goes into the next.
 */
import { type Commit, type Draft, type Intent, intentOf } from '../core/commit.ts'
import type { Hash } from '../core/hash.ts'
import { parentOf } from '../core/lineage.ts'
import type { DispatchRequest, DispatchResult } from '../core/query.ts'
import { detailsFault } from '../core/reason.ts'
import { settled } from '../core/reconcile.ts'
import type { Decision } from '../core/rules.ts'
import type { World } from '../core/world.ts'
import { type InboxItem, logLimits } from '../log/port.ts'
import type { SavedWish } from '../log/wish-journal.ts'
import { type LogState, replicaOf } from './log-state.ts'

/** In UTF-16 units, which take one or two bytes on disk: at most one mebibyte. */
export const groupCharsMax = 512 * 1024

export interface Wish {
  readonly request: DispatchRequest
  /** With the commands as they were validated. */
  readonly intent: Intent
  readonly actor: string | null
  /** It may have been stored before: by a worker that died before it could answer. */
  readonly again: boolean
  /**
   * Set when it was saved in the wish journal, at any moment before it is answered: it may be carried out from there
   * too, and because it was acknowledged as saved, a refusal is stored as a withdrawn commit.
   */
  saved: SavedWish | null
}

export interface Decided {
  /** For the first wishes of the group, in order: all that were reached. */
  readonly answers: readonly DispatchResult[]
  readonly commits: readonly Commit[]
  /** For those commits that are withdrawn from the beginning. */
  readonly inbox: readonly InboxItem[]
  readonly trial: World
}

export interface GroupOptions<W extends Wish> {
  /** Answers known beforehand. */
  readonly known: ReadonlyMap<W, DispatchResult>
  /** Roots of which a commit with events is pending or placed. */
  readonly applied: ReadonlySet<Hash>
  readonly seal: (draft: Draft) => Commit
}

export function decideGroup<W extends Wish>(
  state: LogState,
  group: readonly W[],
  { known, applied, seal }: GroupOptions<W>,
): Decided {
  const { id, rules, head } = state
  let trial = rules.fork(state.pending)
  const answers: DispatchResult[] = []
  const commits: Commit[] = []
  const inbox: InboxItem[] = []
  const answersByIntent = new Map<string, DispatchResult>()
  const roots = new Set(applied)
  let chars = 0

  for (const wish of group) {
    const told =
      known.get(wish) ?? (mayBeStored(wish) ? answersByIntent.get(intentOf(wish.intent)) : undefined)
    if (told !== undefined) {
      answers.push(told)
      continue
    }
    const decision = isApplied(wish) ? alreadyApplied : rules.decide(trial, wish.intent, [])
    if (!decision.ok && wish.saved === null) {
      answers.push(refused(decision))
      continue
    }
    const commit = commitOf(wish, decision)
    chars += JSON.stringify(commit).length
    if (commits.length > 0 && (chars > groupCharsMax || commits.length === logLimits.appendCommitsMax)) break
    commits.push(commit)
    if (commit.withdrawn !== null)
      inbox.push({ log: id, dot: commit.dot, mine: commit, withdrawn: commit, theirs: [], position: null })
    trial = rules.apply(trial, commit)
    if (commit.events.length > 0) roots.add(commit.root)
    const answer: DispatchResult = { ok: true, log: id, dot: commit.dot, events: commit.events }
    answersByIntent.set(commit.intent, answer)
    answers.push(answer)
  }
  return { answers, commits, inbox, trial }

  function refused({ reason, details, command = 0 }: Extract<Decision, { ok: false }>): DispatchResult {
    if (details === undefined) return { ok: false, reason, command }
    const fault = detailsFault(details)
    if (fault === null) return { ok: false, reason, details, command }
    // Said at once, for if it were decided again the details would be cut.
    return { ok: false, reason: 'undecidable', details: { message: `${reason}: ${fault}` }, command }
  }

  /** C11 */
  function isApplied({ request: { root } }: Wish): boolean {
    return root !== undefined && roots.has(root)
  }

  function commitOf({ request, intent, actor }: Wish, decision: Decision): Commit {
    const counter = head.issued + commits.length + 1
    const draft = {
      log: id,
      dot: { replica: replicaOf(head), counter },
      base: head.position,
      born: head.position,
      parent: counter === 1 ? parentOf(head.lineage) : null,
      guards: decision.ok ? decision.guards : [],
      events: decision.ok ? decision.events : [],
      withdrawn: null,
      commands: intent.commands,
      now: intent.now,
      seed: intent.seed,
      actor,
      correlation: request.correlation ?? null,
      causation: null,
      ...(request.root === undefined ? {} : { root: request.root }),
    }
    const commit = seal(draft)
    return decision.ok ? commit : settled(commit, decision, { theirs: [], base: head.position })
  }
}

export function mayBeStored({ again, saved }: Wish): boolean {
  return again || saved !== null
}

const alreadyApplied: Decision = { ok: false, reason: 'already_applied' }
