/** What is wrong with a commit as such, whatever the log holds: checked by the server before `accept`. */
import { type Commit, isSealed } from './commit.ts'
import { plainDataFault } from './plain-data.ts'

/** A sentence about the first fault, or null. The shape (types of the fields) is known to be right: see protocol/parse. */
export function commitFault(commit: Commit): string | null {
  const { dot, base, born, parent, guards, events, withdrawn } = commit
  if (born > base) return `born @${born} lies after base @${base}`
  if (parent !== null && dot.counter !== 1)
    return `only the first commit of a replica names a parent, this is number ${dot.counter}`
  if (parent !== null && parent.replica === dot.replica) return 'a replica cannot be its own parent'
  if (withdrawn !== null && (events.length > 0 || guards.length > 0))
    return 'a withdrawn commit has neither events nor guards'
  const guarded = new Set(guards.map((guard) => guard.stream))
  if (guarded.size !== guards.length) return 'a stream is guarded twice'
  for (const event of events) {
    if (!guarded.has(event.stream)) return `an event on ${event.stream} without a guard on that stream`
    const fault = plainDataFault(event.data)
    if (fault !== null) return `${event.type}: ${fault}`
  }
  for (const command of commit.commands) {
    const fault = command.input === undefined ? null : plainDataFault(command.input, 'input')
    if (fault !== null) return `${command.name}: ${fault}`
  }
  return isSealed(commit) ? null : 'its hashes are not those of its content'
}
