/**
 * Saving when the store's database does not answer: a tab that is frozen inside a transaction holds up all writers of
 * that database, for as long as it likes. A wish that is not stored by then is saved in the wish journal, which is
 * another database, and acknowledged; it is carried out once the first one answers.
 *
 *   dispatch ──stored in time──▸ its answer
 *       └── too late ──▸ journal ──▸ acknowledged ──▸ carried out: here, in another tab, or at the next start
 *
 * It is not decided meanwhile, so nothing of it is shown but that something is pending. Its commit gets its name when
 * it is carried out; until then it is called by its seed, with the counter 0, which no commit has. If it is refused
 * then, it becomes a withdrawn commit, and the user finds it in the inbox. That it is done once is the engine's doing,
 * which looks for its intent in the transaction's own stamp; so several tabs may try at the same time.
 */
import { isOver, VarveError } from '../core/errors.ts'
import type { DispatchRequest, DispatchResult } from '../core/query.ts'
import type { Engine } from '../engine/engine.ts'
import { barrier } from '../log/barrier.ts'
import type { SavedWish, WishJournal } from '../log/wish-journal.ts'
import type { SyncClock, TabChannel } from '../sync/ports.ts'

export interface Overflow {
  dispatch(request: DispatchRequest, again: boolean): Promise<DispatchResult>
  /** Carries out nothing more. The engine is closed next, then this. */
  stop(): void
  close(): Promise<void>
}

interface Settling {
  readonly result: Promise<DispatchResult>
  readonly saved: Promise<boolean>
  readonly isAcknowledged: boolean
}

export interface OverflowPorts {
  readonly journal: WishJournal
  /** Between the tabs of the store: says only that the journal has changed. */
  readonly channel: TabChannel
  readonly clock: Pick<SyncClock, 'now' | 'at'>
  /** What every wish waits for; it counts as waiting. */
  readonly named: Promise<void>
  readonly report: (thrown: unknown) => void
}

/** With a second for the journal and half a second of reserve an answer is there within 4 s. */
export const patienceMs = 2_500
const againMs = 5_000

export function startOverflow(engine: Engine, ports: OverflowPorts): Overflow {
  const { journal, channel, clock, report } = ports
  let lastOrder = 0
  let isClosed = false
  let merging: Promise<void> | null = null
  let forgetMerge: () => void = () => {}

  channel.onMessage(() => void look())
  // What was saved before counts from the start; to carry it out may take as long as the database is held.
  void look()
  merge()

  async function dispatch(request: DispatchRequest, again: boolean): Promise<DispatchResult> {
    const late = Promise.withResolvers<null>()
    const callOff = clock.at(clock.now() + patienceMs, () => late.resolve(null))
    try {
      await ports.named
      const { result, keep } = engine.begin(request, again)
      return (await Promise.race([result, late.promise])) ?? (await save(keep, result))
    } finally {
      callOff()
    }
  }

  function isEnded(): boolean {
    return isClosed || isStoreOver()
  }

  /** Then the journal stays shut: to open it might make it anew, empty, where it was cleared too. */
  function isStoreOver(): boolean {
    return isOver(engine.halted())
  }

  async function save(
    keep: (order: number) => SavedWish,
    result: Promise<DispatchResult>,
  ): Promise<DispatchResult> {
    if (isStoreOver()) return result
    lastOrder = Math.max(clock.now(), lastOrder + 1)
    const wish = keep(lastOrder)
    const saved = journal.add(wish).then(
      () => true,
      (thrown: unknown) => {
        report(thrown)
        return false
      },
    )
    const counted = saved.then(tell)
    const first = await Promise.race([result.catch(() => null), saved])
    const isAcknowledged = first === true
    // The status counts it before anybody is told that it is saved.
    if (isAcknowledged) await counted
    settle(wish, { result, saved, isAcknowledged })
    return isAcknowledged ? { ok: true, ...nameOf(wish), events: [] } : result
  }

  /** What becomes of a wish that was underway when it was saved. */
  async function settle(wish: SavedWish, { result, saved, isAcknowledged }: Settling): Promise<void> {
    const answer = await result.catch(() => null)
    const isSaved = await saved
    try {
      if (answer?.ok) await finish(wish, answer)
      else if (isSaved && !isAcknowledged) await forget(wish)
    } catch (thrown) {
      warn(thrown)
    }
    // Refused, or failed, after it was acknowledged.
    if (!answer?.ok && isAcknowledged) merge()
  }

  async function tell(): Promise<void> {
    if (isEnded()) return
    channel.post('changed')
    await look()
  }

  async function look(): Promise<void> {
    if (isEnded()) return
    try {
      const { length } = await journal.read()
      if (isEnded()) return
      engine.setSaved(length)
      forgetMerge()
      // Also what another tab has saved: it may have ended since.
      if (length > 0) forgetMerge = clock.at(clock.now() + againMs, merge)
    } catch (thrown) {
      warn(thrown)
    }
  }

  function merge(): void {
    if (isEnded()) return
    merging ??= mergeAll()
      .catch(warn)
      .finally(() => {
        merging = null
        return look()
      })
  }

  async function mergeAll(): Promise<void> {
    await ports.named
    for (const wish of await journal.read()) {
      if (isEnded()) return
      try {
        await finish(wish, await engine.carryOut(wish))
      } catch (thrown) {
        // This store was opened with other logs. In any other case those behind it may lean on it.
        if (!(thrown instanceof VarveError && thrown.code === 'unknown_log')) throw thrown
      }
    }
  }

  async function finish(wish: SavedWish, answer: DispatchResult): Promise<void> {
    if (!answer.ok) return
    await engine.learnName(nameOf(wish), answer.dot)
    barrier('overflow: carried out')
    await forget(wish)
  }

  async function forget({ seed }: SavedWish): Promise<void> {
    await journal.remove(seed)
    void tell()
  }

  /** Nothing is lost: it is tried again. */
  function warn(thrown: unknown): void {
    if (!isEnded()) report(thrown)
  }

  return Object.freeze({
    dispatch,
    stop() {
      isClosed = true
      forgetMerge()
      channel.close()
    },
    async close() {
      await merging
      await journal.close()
    },
  })
}

function nameOf({ log, seed }: SavedWish) {
  return { log, dot: { replica: seed, counter: 0 } }
}
