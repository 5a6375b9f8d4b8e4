/** Somebody who writes to a log, for tests: makes sealed commits with right counters, and pushes of them. */
import {
  type Commit,
  type Dot,
  type EventRecord,
  extendHistory,
  type Guard,
  historyStart,
  type LogId,
  sealCommit,
} from 'varve/core'
import type { Push } from 'varve/protocol'

export interface AuthorOptions {
  readonly log: LogId
  readonly replica: string
  readonly parent?: Dot | null
  /** The history that the first commit continues. */
  readonly history?: string
}

export interface CommitOptions {
  /** One event each. Default: `note/1`. */
  readonly writes?: readonly string[]
  /** Streams that were only read. */
  readonly reads?: readonly string[]
  readonly kind?: Guard['kind']
  readonly base?: number
  readonly data?: EventRecord['data']
  readonly seed?: string
  /** The intent that this tries again. */
  readonly root?: string
}

export interface TestAuthor {
  /** The next commit. */
  commit(options?: CommitOptions): Commit
  /** The commits, pushed after those that this author's `commit` made before them. */
  push(commits: readonly Commit[], epoch: string): Push
  /** Tells the author that its commit turned out so. */
  replace(commit: Commit): void
}

export function testAuthor({
  log,
  replica,
  parent = null,
  history = historyStart,
}: AuthorOptions): TestAuthor {
  const made: Commit[] = []

  function commit({
    writes = ['note/1'],
    reads = [],
    kind = 'serial',
    base = 0,
    data = {},
    seed,
    root,
  }: CommitOptions = {}): Commit {
    const counter = made.length + 1
    const streams = [...new Set([...writes, ...reads])]
    const sealed = sealCommit({
      log,
      dot: { replica, counter },
      base,
      born: base,
      parent: counter === 1 ? parent : null,
      guards: streams.map((stream) => ({ stream, revision: 0, kind })),
      events: writes.map((stream) => ({ stream, type: 'note.written', version: 1, data })),
      withdrawn: null,
      commands: writes.map((stream) => ({ stream, name: 'write', input: data })),
      now: 1_000 + counter,
      seed: seed ?? `${replica}-${counter}`,
      actor: null,
      correlation: null,
      causation: null,
      ...(root !== undefined && { root }),
    })
    made.push(sealed)
    return sealed
  }

  function push(commits: readonly Commit[], epoch: string): Push {
    let prev = history
    for (const before of made.slice(0, (commits[0]?.dot.counter ?? 1) - 1)) prev = extendHistory(prev, before)
    return { type: 'push', log, epoch, prev, commits }
  }

  return Object.freeze({
    commit,
    push,
    replace(changed: Commit): void {
      made[changed.dot.counter - 1] = changed
    },
  })
}
