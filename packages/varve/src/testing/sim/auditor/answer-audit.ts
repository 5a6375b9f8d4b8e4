/** What a tab, of whatever build, answers to a wish: none is taken for a stream that it does not understand. */
import type { LogId, StreamName } from '../../../core/dot.ts'
import type { Model } from '../../../core/model.ts'
import type { DispatchResult } from '../../../core/query.ts'
import { nothingSeen, type Seen } from '../device-disk.ts'
import type { LogAuditor } from './log-auditor.ts'
import { folded, streamIn } from './naive-fold.ts'
import { dotText } from './server-audit.ts'

export interface AnsweringTab {
  readonly seen: Seen
  readonly model: Model
}

/** Null, or why it should not have answered so. */
export function answerFault(
  answer: DispatchResult,
  { seen, model }: AnsweringTab,
  { auditor, log }: { readonly auditor: LogAuditor; readonly log: LogId },
): string | null {
  if (!answer.ok) {
    if (answer.reason !== 'frozen') return null
    const { stream } = answer.details as { readonly stream: StreamName }
    return auditor.mayFreeze(model, stream) ? null : `calls ${stream} frozen, and understands all of it`
  }
  const { position, chain, outbox } = seen.get(log) ?? nothingSeen
  const at = outbox.findIndex(({ dot }) => dotText(dot) === dotText(answer.dot))
  const commit = outbox[at]
  // Where it is not the last word any more, others have decided since.
  if (commit === undefined || commit.born !== position || commit.base !== position) return null
  const before = folded(model, auditor.server.foldAt(model, chain), outbox.slice(0, at))
  const frozen = commit.guards.find(({ stream }) => streamIn(model, before, stream).isFrozen)
  return frozen === undefined ? null : `decided on ${frozen.stream}, and does not understand all of it`
}
