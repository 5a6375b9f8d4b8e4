/** All that a server does by itself about what was placed: its policies, in turn, and each effect for itself. */
import { type LogId, VarveError } from 'varve/core'
import type { EffectDefinition } from './effect.ts'
import { createEffectRunner } from './effect-runner.ts'
import type { PolicyDefinition } from './policy.ts'
import { createPolicyRunner } from './policy-runner.ts'
import type { RunnerGround } from './runner.ts'

export interface Reactions {
  /** Catches up with all logs, and tries failures again, in the background. */
  start(): void
  /** The log has moved. */
  wake(log: LogId): void
  /** Resolves when there is nothing left to do but to try failures again later. */
  settled(): Promise<void>
  /** Finishes the transactions at hand, and waits so long for the handlers of effects. */
  stop(graceMs: number): Promise<void>
}

/** Throws `bad_options` if two have one name: their books would be one. */
export function createReactions(
  definitions: readonly (PolicyDefinition | EffectDefinition)[],
  ground: RunnerGround,
): Reactions {
  const names = definitions.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new VarveError('bad_options', `Two policies or effects are called ${twice}.`, {
      hint: 'What has run on what is remembered by name: each needs its own.',
    })
  }
  const runners = [
    createPolicyRunner(
      definitions.filter((each): each is PolicyDefinition => each.kind !== 'effect'),
      ground,
    ),
    ...definitions
      .filter((each) => each.kind === 'effect')
      .map((effect) => createEffectRunner(effect, ground)),
  ]
  const working = () => runners.filter((runner) => runner.isWorking())

  return Object.freeze({
    start(): void {
      for (const runner of runners) runner.start()
    },
    wake(log: LogId): void {
      for (const runner of runners) runner.wake(log)
    },
    async settled(): Promise<void> {
      // What one writes may set off another.
      for (let busy = working(); busy.length > 0; busy = working())
        await Promise.all(busy.map((runner) => runner.settled()))
    },
    async stop(graceMs: number): Promise<void> {
      await Promise.all(runners.map((runner) => runner.stop(graceMs)))
    },
  })
}
