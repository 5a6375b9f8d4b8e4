/**
 * A log whose transactions wait while somebody holds the disk, as those of a database do while a frozen tab is in one
 * of its own. What was asked for meanwhile is done in its order when the disk is let go.
 */
import type { StoreLog } from '../log/port.ts'

export interface HeldDisk {
  hold(): void
  letGo(): void
  /** Resolves when it is let go; null if nobody holds it. */
  whenFree(): Promise<void> | null
}

export function heldDisk(): HeldDisk {
  let held: PromiseWithResolvers<void> | null = null
  return Object.freeze({
    hold() {
      held ??= Promise.withResolvers<void>()
    },
    letGo() {
      held?.resolve()
      held = null
    },
    whenFree: () => held?.promise ?? null,
  })
}

export function heldLog(log: StoreLog, disk: HeldDisk): StoreLog {
  const waiting =
    <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      disk.whenFree()?.then(() => call(...args)) ?? call(...args)
  return Object.freeze({
    ensureStore: waiting(log.ensureStore),
    readRecord: waiting(log.readRecord),
    mintLeader: waiting(log.mintLeader),
    appendCommits: waiting(log.appendCommits),
    applyEntries: waiting(log.applyEntries),
    reviseOutbox: waiting(log.reviseOutbox),
    resetLog: waiting(log.resetLog),
    readEntries: waiting(log.readEntries),
    readStreamEntries: waiting(log.readStreamEntries),
    readOutbox: waiting(log.readOutbox),
    readNews: waiting(log.readNews),
    readInbox: waiting(log.readInbox),
    dismissInbox: waiting(log.dismissInbox),
    saveSnapshots: waiting(log.saveSnapshots),
    readSnapshots: waiting(log.readSnapshots),
    close: log.close,
    onGone: log.onGone,
  } satisfies StoreLog)
}
