/**
 * Verify: could an honest author have decided this commit (rule A7)? Its commands are decided once more, on exactly what
 * the author knew, and the outcome must be the same.
 *
 *   log   1 … born ──────────── base ────────── head      known    all up to base, and the author's own after it
 *               b4   a1   b6      │   b7   a2             theirs   foreign, after born up to base, on its guards: b6
 *
 * Not at the head: on a stream that commutes others may have appended since (b7), which the author could not know. And
 * since `born`, not since the last attempt: how often it was decided again on the way depends on how the news came.
 * The client keeps its side: what leaned on anything that turned out otherwise is decided again (C4, C7).
 */
import type { Commit, Entry, Guard } from './commit.ts'
import { parseStreamName } from './dot.ts'
import { hashOf } from './hash.ts'
import type { Model } from './model.ts'
import type { Decision, Rules } from './rules.ts'

/** An entry on a stream that a commit guards, as the commit's author sees it. */
export interface Touch {
  readonly entry: Entry
  /** Not of the author's lineage. */
  readonly foreign: boolean
}

export interface VerifyInput<S> {
  readonly rules: Rules<S>
  readonly commit: Commit
  /** The streams of its guards, folded from what `wasKnown` and was placed before it. Others are not looked at. */
  readonly known: S
  /** Entries on its guards, ascending: those of `isTheirs`. */
  readonly theirs: readonly Entry[]
}

/** Whether this is for `verifyFault`: it writes to a stream marked `verified`, or says that its commands were for one. */
export function isVerified(model: Model, { withdrawn, commands, events }: Commit): boolean {
  return (
    withdrawn === null &&
    [...commands, ...events].some(
      ({ stream }) => model.streamOf(parseStreamName(stream).type)?.verified === true,
    )
  )
}

export function wasKnown({ base }: Pick<Commit, 'base'>, { entry, foreign }: Touch): boolean {
  return !foreign || entry.position <= base
}

export function isTheirs(
  { born, base }: Pick<Commit, 'born' | 'base'>,
  { entry: { position }, foreign }: Touch,
): boolean {
  return foreign && position > born && position <= base
}

/** What the commit should have been, in a sentence; null if it is that. */
export function verifyFault<S>({ rules, commit, known, theirs }: VerifyInput<S>): string | null {
  const decision = rules.decide(known, commit, theirs)
  if (!decision.ok) return `Its commands are refused where they were decided: ${reasonOf(decision)}`
  if (hashOf(decision.events) !== hashOf(commit.events))
    return 'Its events are not those that its commands lead to where they were decided.'
  return hashOf(inOrder(decision.guards)) === hashOf(inOrder(commit.guards))
    ? null
    : 'Its guards are not the streams that its commands lean on, as they were where they were decided.'
}

/** The domain's own details stay here: who may write a log need not be one who may read it. */
function reasonOf({ reason, details }: Extract<Decision, { ok: false }>): string {
  const isOurs = reason === 'undecidable' || reason === 'frozen'
  const message = isOurs ? (details as { readonly message?: unknown } | undefined)?.message : undefined
  return typeof message === 'string' ? `${reason}: ${message}` : `${reason}.`
}

/** In which order a decision looks at its streams is not said anywhere. */
function inOrder(guards: readonly Guard[]): readonly Guard[] {
  return guards.toSorted((a, b) => (a.stream < b.stream ? -1 : 1))
}
