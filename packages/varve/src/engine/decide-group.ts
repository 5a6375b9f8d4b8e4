/**
 * Decides a group of wishes, in order, on a fork of the pending world: pure, so that it can be done again when another
 * tab was faster. Stops before a commit that would make the transaction too large; what is left goes into the next.
 */
import type { Commit, Draft, Intent } from '../core/commit.ts'
import type { Hash } from '../core/hash.ts'
import { parentOf } from '../core/lineage.ts'
import type { DispatchRequest, DispatchResult } from '../core/query.ts'
import { detailsFault } from '../core/reason.ts'
import type { Decision } from '../core/rules.ts'
import type { World } from '../core/world.ts'
import { logLimits } from '../log/port.ts'
import { type LogState, replicaOf } from './log-state.ts'

/** In UTF-16 units, which take one or two bytes on disk: at most one mebibyte. */
export const groupCharsMax = 512 * 1024

export interface Wish {
  readonly request: DispatchRequest
  /** With the commands as they were validated. */
  readonly intent: Intent
  /** It may have been stored before: by a worker that died before it could answer. */
  readonly again: boolean
}

export interface Decided {
  /** For the first wishes of the group, in order: all that were reached. */
  readonly answers: readonly DispatchResult[]
  readonly commits: readonly Commit[]
  readonly trial: World
}

export interface GroupOptions<W extends Wish> {
  /** Answers known beforehand. */
  readonly known: ReadonlyMap<W, DispatchResult>
  /** Roots of which a commit with events is pending or placed. */
  readonly applied: ReadonlySet<Hash>
  readonly actor: string | null
  readonly seal: (draft: Draft) => Commit
}

export function decideGroup<W extends Wish>(
  state: LogState,
  group: readonly W[],
  { known, applied, actor, seal }: GroupOptions<W>,
): Decided {
  const { id, rules, head } = state
  let trial = rules.fork(state.pending)
  const answers: DispatchResult[] = []
  const commits: Commit[] = []
  const roots = new Set(applied)
  let chars = 0

  for (const wish of group) {
    const answer = known.get(wish) ?? refusalOf(wish)
    if (answer !== null) {
      answers.push(answer)
      continue
    }
    const decision = rules.decide(trial, wish.intent, [])
    if (!decision.ok) {
      answers.push(refused(decision))
      continue
    }
    const commit = commitOf(wish, decision)
    chars += JSON.stringify(commit).length
    if (commits.length > 0 && (chars > groupCharsMax || commits.length === logLimits.appendCommitsMax)) break
    commits.push(commit)
    trial = rules.apply(trial, commit)
    if (commit.events.length > 0) roots.add(commit.root)
    answers.push({ ok: true, log: id, dot: commit.dot, events: commit.events })
  }
  return { answers, commits, trial }

  function refused({ reason, details, command = 0 }: Extract<Decision, { ok: false }>): DispatchResult {
    if (details === undefined) return { ok: false, reason, command }
    const fault = detailsFault(details)
    if (fault === null) return { ok: false, reason, details, command }
    // Said at once, for if it were decided again the details would be cut.
    return { ok: false, reason: 'undecidable', details: { message: `${reason}: ${fault}` }, command }
  }

  /** C11 */
  function refusalOf({ request: { root } }: Wish): DispatchResult | null {
    return root !== undefined && roots.has(root) ? { ok: false, reason: 'already_applied', command: 0 } : null
  }

  function commitOf({ request, intent }: Wish, outcome: Pick<Commit, 'guards' | 'events'>): Commit {
    const counter = head.issued + commits.length + 1
    return seal({
      log: id,
      dot: { replica: replicaOf(head), counter },
      base: head.position,
      born: head.position,
      parent: counter === 1 ? parentOf(head.lineage) : null,
      guards: outcome.guards,
      events: outcome.events,
      withdrawn: null,
      commands: intent.commands,
      now: intent.now,
      seed: intent.seed,
      actor,
      correlation: request.correlation ?? null,
      causation: null,
      ...(request.root === undefined ? {} : { root: request.root }),
    })
  }
}
