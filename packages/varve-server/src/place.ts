/**
 * Places the commits of a push, in order, up to the first that may not be placed.
 *
 * What can be said of a commit alone (its hashes, its size) is said before the transaction; what depends on the log
 * (whose replica it is, rules A1–A9) inside it. Only when the transaction is on disk does the answer exist: a receipt
 * is never earlier than the flush. Knows rights as given, and nothing of connections.
 */
import {
  accept,
  type Commit,
  commitFault,
  type Dot,
  extendHistory,
  type Hash,
  type LogId,
  type Position,
  type Verdict,
} from 'varve/core'
import { type Push, type Receipt, type Refuse, utf8Length, wireLimits } from 'varve/protocol'
import type { LogRights } from './access.ts'
import type { Holds } from './holds.ts'
import type { LogTx, ServerLog } from './log-port.ts'
import type { Verifier, VerifyTx } from './verifier.ts'

export interface PushCase {
  readonly push: Push
  readonly principal: string
  readonly append: LogRights['append']
  readonly holds: Holds
  /** Null: the server has no model, or no stream of it is to be verified. */
  readonly verifier: Verifier | null
  /** Wall clock, ms since 1970. */
  readonly time: number
  /** Monotonic, for holds. */
  readonly nowMs: number
}

export interface PushAnswer {
  /** One for each commit that stands in the log, now or from before. */
  readonly placed: Receipt['placed']
  readonly refusal: Refuse | null
  /** The log's head after this. */
  readonly head: Position
}

/**
 * The empty form of a commit keeps its commands, and everything behind it waits for it: it may be larger than what
 * is decided.
 */
const withdrawnBytesMax = wireLimits.commitBytesMax * 4

/** Others have their turn before the rest of a push that is long to verify. */
const verifyPauseMs = 50

export async function placePush(
  log: ServerLog,
  { push, principal, append, holds, verifier, time, nowMs }: PushCase,
): Promise<PushAnswer> {
  if (append === false) {
    const message = 'You may not write to this log.'
    return { placed: [], refusal: { type: 'refuse', code: 'forbidden_log', message, log: push.log }, head: 0 }
  }
  const faults = push.commits.map(standingFault)
  const firstFault = faults.findIndex((fault) => fault !== null)
  const sound = firstFault < 0 ? push.commits : push.commits.slice(0, firstFault)

  /** The commit that would stand in the log now, had nobody been faster. */
  let overtaken: Commit | null = null
  let verifyTx: VerifyTx | null = null
  const answer = await log.write((tx) => placeSound(tx, sound))
  ;(verifyTx as VerifyTx | null)?.keep()
  for (const commit of sound.slice(0, answer.placed.length)) holds.placed(commit)
  if (overtaken !== null) holds.missed(overtaken, nowMs)
  if (answer.refusal !== null || firstFault < 0) return answer
  return { ...answer, refusal: faults[firstFault] as Refuse }

  async function placeSound(tx: LogTx, commits: readonly Commit[]): Promise<PushAnswer> {
    const placed: { dot: Dot; position: Position; outcome: Hash }[] = []
    let { position: head } = await tx.ensureLog(push.log)
    let { prev } = push
    const verifying = verifier?.begin(tx) ?? null
    verifyTx = verifying
    for (const commit of commits) {
      const refusal = await placeOne(commit)
      if (refusal !== null) return { placed, refusal, head }
    }
    return { placed, refusal: null, head }

    async function placeOne(commit: Commit): Promise<Refuse | null> {
      const { dot, parent } = commit
      for (const replica of parent === null ? [dot.replica] : [dot.replica, parent.replica]) {
        const owner = await tx.owner(replica)
        if (owner !== undefined && owner !== principal)
          return refuse('forbidden', commit, `The replica ${replica} is somebody else's.`)
      }
      const facts = await tx.facts(commit, holds.heldAgainst(push.log, dot.replica, nowMs))
      const pushed = { epoch: push.epoch, prev, commit }
      let verdict = accept(pushed, facts)
      // Only what no other rule is against is worth to be decided again.
      if (verifying !== null && (verdict.kind === 'place' || verdict.kind === 'held')) {
        const verify = await verifying.prepare(commit)
        if (verify === 'later')
          return { ...refuse('held', commit, 'This push is long to verify.'), retryAfterMs: verifyPauseMs }
        verdict = accept(pushed, facts, verify)
      }
      if (verdict.kind === 'known') {
        placed.push({ dot, position: verdict.position, outcome: verdict.outcome })
        // Over the copy that was pushed, which need not be the one that was placed: its author leaned on it (rule C13).
        prev = extendHistory(prev, commit)
        return null
      }
      if (verdict.kind !== 'place') {
        const isOvertaken =
          (verdict.kind === 'conflict' || verdict.kind === 'held') &&
          accept(pushed, { ...facts, disturbedAt: new Map(), held: new Set() }).kind === 'place' &&
          isAllowed(commit) === true
        if (isOvertaken) overtaken = commit
        return refusalOf(commit, verdict, facts.head)
      }
      // Asked last: what stands in the log already is answered so, whatever its author may do today.
      const allowed = isAllowed(commit)
      if (allowed !== true) {
        return refuse('forbidden', commit, allowed === false ? 'You may not write this to the log.' : allowed)
      }
      await tx.claim(dot.replica, principal)
      const entry = await tx.place({
        commit,
        history: verdict.history,
        outcome: verdict.outcome,
        principal,
        time,
      })
      head = entry.position
      prev = verdict.history
      placed.push({ dot, position: entry.position, outcome: verdict.outcome })
      return null
    }
  }

  function isAllowed(commit: Commit): boolean | string {
    return commit.withdrawn !== null || typeof append !== 'function' || append(commit)
  }

  function refusalOf(
    commit: Commit,
    verdict: Exclude<Verdict, { kind: 'place' | 'known' }>,
    head: Position,
  ): Refuse {
    switch (verdict.kind) {
      case 'fork':
        return { ...refuse('fork', commit, 'The log has another epoch, or ends before the base.'), head }
      case 'collision':
        return refuse('collision', commit, 'Another intent stands under this dot.')
      case 'gap':
        return { ...refuse('gap', commit, 'An earlier commit is missing.'), expected: verdict.expected, head }
      case 'stale':
        return {
          ...refuse('stale', commit, 'The commits before this one were placed with other outcomes.'),
          head,
        }
      case 'forbidden':
        return refuse('forbidden', commit, verdict.message)
      case 'conflict':
        return {
          ...refuse('conflict', commit, `${verdict.stream} was written to after the base.`),
          head: verdict.position,
        }
      case 'applied':
        // To its author it is a conflict: what has been decided meanwhile is in the log up to there.
        return {
          ...refuse('conflict', commit, `This wish is applied already, at ${verdict.position}.`),
          head: verdict.position,
        }
      case 'held': {
        const message = `${verdict.stream} is held for a writer that met too many conflicts.`
        return {
          ...refuse('held', commit, message),
          retryAfterMs: holds.retryAfterMs(commit, verdict.stream, nowMs),
        }
      }
    }
  }
}

/** What is wrong with a commit whatever the log holds. */
function standingFault(commit: Commit): Refuse | null {
  const { commitEventsMax, commitGuardsMax, commitBytesMax } = wireLimits
  const tooMany =
    commit.events.length > commitEventsMax
      ? `${commit.events.length} events, of at most ${commitEventsMax}`
      : commit.guards.length > commitGuardsMax
        ? `${commit.guards.length} guards, of at most ${commitGuardsMax}`
        : commit.commands.length > commitEventsMax
          ? `${commit.commands.length} commands, of at most ${commitEventsMax}`
          : null
  if (tooMany !== null) return refuse('commit_too_large', commit, tooMany)
  const bytes = utf8Length(JSON.stringify(commit))
  const bytesMax = commit.withdrawn === null ? commitBytesMax : withdrawnBytesMax
  if (bytes > bytesMax) return refuse('commit_too_large', commit, `${bytes} bytes, of at most ${bytesMax}`)
  const fault = commitFault(commit)
  return fault === null ? null : refuse('invalid_commit', commit, fault)
}

/** Messages are for developers; what a stranger put into a commit may make them long. */
const messageCharsMax = 500

function refuse(
  code: Refuse['code'],
  { log, dot }: { readonly log: LogId; readonly dot: Dot },
  message: string,
): Refuse {
  return { type: 'refuse', code, message: message.slice(0, messageCharsMax).toWellFormed(), log, dot }
}
