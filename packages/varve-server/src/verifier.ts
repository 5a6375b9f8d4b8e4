/**
 * Rule A7: what a push brings to a stream marked `verified` is decided once more, before it is placed, on exactly what
 * its author knew. What that is says core/verify.ts; here it is looked up.
 *
 * Nearly always the head is what the author knew: a serial guard has no foreign entry after the base (A5), and most
 * streams that commute have none either. Then the state is the host's, folded already. Else the stream is folded from its
 * own entries. Everybody's writes wait meanwhile: how many entries a push may cost is bounded.
 */
import {
  type AnyStream,
  type Commit,
  createWorld,
  type Entry,
  isTheirs,
  isVerified,
  type LogId,
  type Model,
  type Position,
  rulesOf,
  type StreamName,
  type StreamState,
  type Touch,
  type Verify,
  verifyFault,
  type World,
  wasKnown,
} from 'varve/core'
import type { Host } from './host.ts'
import type { LogTx } from './log-port.ts'

export interface VerifierOptions {
  readonly model: Model
  readonly kindOf: (log: LogId) => string | null
  readonly host: Host
  readonly verifyEntriesMax: number
}

export interface Verifier {
  begin(tx: LogTx): VerifyTx
}

/** One push, within its transaction. */
export interface VerifyTx {
  /** What `accept` asks about a commit that nothing else is against; `later` if the push has cost enough. */
  prepare(commit: Commit): Promise<Verify | 'later'>
  /** To be called once the transaction is on disk. */
  keep(): void
}

const pageMax = 500

/** Null if no stream of the model is to be verified. */
export function createVerifier({ model, kindOf, host, verifyEntriesMax }: VerifierOptions): Verifier | null {
  const streams: readonly AnyStream[] = model.logKinds.flatMap((kind) => model.streamsOf(kind))
  if (!streams.some(({ verified }) => verified)) return null
  return Object.freeze({ begin })

  function begin(tx: LogTx): VerifyTx {
    const hostTx = host.begin(tx)
    let leftEntries = verifyEntriesMax

    async function prepare(commit: Commit): Promise<Verify | 'later'> {
      if (!isVerified(model, commit)) return () => null
      const kind = kindOf(commit.log)
      if (kind === null || !model.logKinds.includes(kind))
        return () => `The model ${model.name} has no kind of log for ${commit.log}.`
      const isFresh = leftEntries === verifyEntriesMax
      const head = await hostTx.world(commit.log)
      const theirs = new Map<Position, Entry>()
      const states: [StreamName, StreamState][] = []
      for (const { stream } of commit.guards) {
        const lastForeign = await tx.lastForeign(commit, stream, commit.born)
        if (lastForeign !== null) {
          for (const touch of await readTouches(commit, stream, { from: commit.born, upTo: commit.base }))
            if (isTheirs(commit, touch)) theirs.set(touch.entry.position, touch.entry)
        }
        const isHead = (lastForeign ?? 0) <= commit.base
        states.push([
          stream,
          isHead ? head.get(stream) : await foldKnown(commit, stream, createWorld(model, kind)),
        ])
      }
      if (leftEntries < 0) return isFresh ? () => tooFar(verifyEntriesMax) : 'later'
      return () =>
        verifyFault({
          rules: rulesOf(model, kind),
          commit,
          known: createWorld(model, kind, { saved: { streams: states } }),
          theirs: [...theirs.values()].toSorted((a, b) => a.position - b.position),
        })
    }

    async function foldKnown(commit: Commit, stream: StreamName, world: World): Promise<StreamState> {
      for (const touch of await readTouches(commit, stream, { from: 0, upTo: Number.MAX_SAFE_INTEGER })) {
        if (wasKnown(commit, touch))
          world.apply(touch.entry.commit.events.filter((event) => event.stream === stream))
      }
      return world.get(stream)
    }

    /** All of them, or, when that is too many, some and `leftEntries` below zero. */
    async function readTouches(
      commit: Commit,
      stream: StreamName,
      { from, upTo }: { readonly from: Position; readonly upTo: Position },
    ): Promise<readonly Touch[]> {
      const touches: Touch[] = []
      for (let after = from; leftEntries >= 0; ) {
        const page = await tx.touching(commit, stream, { after, upTo, max: pageMax })
        touches.push(...page)
        leftEntries -= page.length
        if (page.length < pageMax) break
        after = page.at(-1)?.entry.position ?? after
      }
      return touches
    }

    return Object.freeze({ prepare, keep: hostTx.keep })
  }
}

function tooFar(max: number): string {
  return `What it leans on has more than ${max} entries since it was decided, so it cannot be decided again here. Retry it.`
}
