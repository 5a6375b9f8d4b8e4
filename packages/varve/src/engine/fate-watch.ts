/**
 * Who watches how it stands with a commit. Ends are routed by name; all else that can change it (the server has it, or
 * came back from an older backup, or another tab wrote it) is rare, and whoever it may concern is looked up again.
 */
import { type Dot, dotKey } from '../core/dot.ts'
import { isOver, VarveError } from '../core/errors.ts'
import type { CommitRef, FateNow, FatesUpdate, FateUpdate } from '../core/query.ts'
import type { Change, EndedCommit } from './change.ts'
import type { Emitter } from './emitter.ts'
import { pendingFate, pendingOf, readEnded } from './fates.ts'
import type { Gate } from './gate.ts'
import { refresh } from './refresh.ts'
import { sameShown } from './same-shown.ts'
import type { SyncReport } from './sync-port.ts'
import type { Writer } from './writer.ts'

export interface FateWatch {
  /** Tells once it is looked up, and then each change; returns the way to stop. */
  watch(ref: CommitRef, listener: (update: FateUpdate) => void): () => void
  /** Looks up those that have ended, and tells, once. */
  tellEnded(awaiting: readonly CommitRef[], listener: (update: FatesUpdate) => void): void
  /** There is another report than this one. */
  onReport(before: SyncReport | null): void
  /** Wishes were saved, or carried out: there is one more or one less of those that have no dot yet. */
  onSaved(): void
}

export interface FateSources {
  readonly gate: Gate
  readonly changes: Pick<Emitter<Change>, 'listen'>
  readonly getReport: () => SyncReport | null
  /** How many wishes are saved elsewhere, and are pending. */
  readonly getSaved: () => number
  readonly report: (thrown: unknown) => void
}

interface Watcher {
  readonly ref: CommitRef
  readonly show: (fate: FateNow) => void
  readonly last: () => FateNow | null
}

export function watchFates(
  writer: Writer,
  { gate, changes, getReport, getSaved, report }: FateSources,
): FateWatch {
  const { log, present } = writer
  const watchersByName = new Map<string, Set<Watcher>>()

  changes.listen(({ fates, streams }) => {
    for (const each of fates) {
      for (const { show } of watchersByName.get(nameOf(each)) ?? []) show(each.fate)
    }
    // After a reset a commit may be pending that was in the log.
    if (streams === 'all') lookAgain(() => true)
  })

  function watch(ref: CommitRef, listener: (update: FateUpdate) => void): () => void {
    const name = nameOf(ref)
    let last: FateNow | null = null
    const watcher: Watcher = {
      ref,
      last: () => last,
      show(fate) {
        if (watchersByName.get(name)?.has(watcher) !== true || sameShown(fate, last)) return
        last = fate
        try {
          listener({ kind: 'fate', fate })
        } catch (thrown) {
          // Whatever a page's code throws.
          report(thrown)
        }
      },
    }
    const watchers = watchersByName.get(name) ?? new Set()
    watchersByName.set(name, watchers.add(watcher))
    lookUp([watcher])
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && watchersByName.get(name) === watchers) watchersByName.delete(name)
    }
  }

  /** It may be carried out by another tab, and only a look tells what it is called then. */
  function tellOnceEnded(ref: CommitRef, listener: (update: FatesUpdate) => void): void {
    const stop = watch(ref, ({ fate }) => {
      if (fate.status !== 'confirmed' && fate.status !== 'withdrawn') return
      listener({ kind: 'fates', fates: [{ log: ref.log, dot: ref.dot, fate }] })
      stop()
    })
  }

  function lookAgain(isConcerned: (last: FateNow['status'] | undefined) => boolean): void {
    const all = [...watchersByName.values()].flatMap((watchers) => [...watchers])
    lookUp(all.filter(({ last }) => isConcerned(last()?.status)))
  }

  function lookUp(watchers: readonly Watcher[]): void {
    if (watchers.length === 0) return
    // In one job of the queue, so that nothing is told that has just changed.
    gate
      .read(async () => {
        // Another tab may have written what this one is asked about.
        await refresh(writer)
        const ended = await readEnds(watchers.map(({ ref }) => ref))
        for (const { ref, show } of watchers) show(fateNow(ref, ended))
      })
      .catch(reportUnlessClosed)
  }

  /** Who watches a store that is closed need not hear any more; of one that is over the status says it. */
  function reportUnlessClosed(thrown: unknown): void {
    if (!isOver(thrown) && !(thrown instanceof VarveError && thrown.code === 'closed')) report(thrown)
  }

  function readEnds(refs: readonly CommitRef[]): Promise<readonly EndedCommit[]> {
    // So that the end of what bears another name by now is told under the one that was asked for.
    for (const ref of refs) present.presentName(ref)
    return readEnded(log, refs, present)
  }

  function fateNow(ref: CommitRef, ended: readonly EndedCommit[]): FateNow {
    const state = present.logs().find(({ id }) => id === ref.log)
    const pending = state && pendingOf(state, ref)
    if (state !== undefined && pending !== undefined)
      return pendingFate(state, pending, getReport()?.heads.find((each) => each.log === ref.log)?.sent)
    const fate = ended.find((each) => nameOf(each) === nameOf(ref))?.fate
    if (fate !== undefined) return fate
    return isSavedName(ref) && getSaved() > 0 ? { status: 'pending', reverted: false } : { status: 'unknown' }
  }

  return Object.freeze({
    watch,
    tellEnded(awaiting: readonly CommitRef[], listener: (update: FatesUpdate) => void) {
      for (const ref of awaiting) if (isSavedName(ref)) tellOnceEnded(ref, listener)
      if (awaiting.length === 0) return
      gate
        .read(() => readEnds(awaiting))
        .then((fates) => {
          if (fates.length > 0) listener({ kind: 'fates', fates })
        })
        .catch(reportUnlessClosed)
    },
    onReport(before: SyncReport | null) {
      const now = getReport()
      if (!sameShown(sentIn(now), sentIn(before))) lookAgain((last) => last === 'pending' || last === 'sent')
      if (now?.phase === 'synced' && before?.phase !== 'synced') lookAgain((last) => last === 'unknown')
    },
    onSaved: () => lookAgain((last) => last === 'pending' || last === 'unknown'),
  })
}

function sentIn(report: SyncReport | null): readonly (Dot | null)[] {
  return report?.heads.map(({ sent = null }) => sent) ?? []
}

/** A wish that was saved beside a held database has no dot before it is carried out. */
function isSavedName({ dot, seed }: CommitRef): boolean {
  return dot.counter === 0 && seed !== undefined
}

function nameOf({ log, dot }: CommitRef): string {
  return `${dotKey(dot)} ${log}`
}
