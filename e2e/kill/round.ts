/**
 * A round: a device lives (life.ts) until it stands at a barrier, is killed there, comes back on the same profile, and
 * is judged once it has caught up.
 */
import type { Kind, Profile } from './browser.ts'
import type { Ground } from './ground.ts'
import { judge } from './judge.ts'
import { caughtUp, type Life, newLife, steps, wish } from './life.ts'

export interface Round {
  /** Of the round: names its log and its store. */
  readonly name: string
  /** Null: nobody is killed. */
  readonly death: Death | null
  /** Whether it lives on after it came back, or only does one thing more. */
  readonly livesOn: boolean
}

export interface Death {
  readonly point: string
  /** The time that it is there which is the last, from 1. */
  readonly nth: number
  readonly kind: Kind
}

export interface Outcome {
  readonly problems: readonly string[]
  /** The step in which it died, or null if it never stood there. */
  readonly diedIn: string | null
  readonly passed: readonly string[]
}

/** Generous: that it is reached means that something hangs. */
const roundMs = 180_000

export async function runRound(device: Profile, ground: Ground, round: Round): Promise<Outcome> {
  const over = Promise.withResolvers<Outcome>()
  const progress: Progress = { title: '', diedIn: null }
  const timer = setTimeout(() => {
    const problems = [`${progress.title}: it hangs`]
    over.resolve({ problems, diedIn: progress.diedIn, passed: ground.passed() })
  }, roundMs)
  live(device, ground, { round, progress }).then(over.resolve, over.reject)
  const outcome = await over.promise
  clearTimeout(timer)
  return outcome
}

interface Progress {
  /** Of the step at hand. */
  title: string
  diedIn: string | null
}

async function live(
  device: Profile,
  ground: Ground,
  { round, progress }: { readonly round: Round; readonly progress: Progress },
): Promise<Outcome> {
  const { name, death, livesOn } = round
  const log = `room/${name}`
  const outcomeWith = (problems: readonly string[]): Outcome => {
    return { problems, diedIn: progress.diedIn, passed: ground.passed() }
  }
  // Else the one before would pass points of this round.
  await device.leave()
  await ground.begin(log)
  device.faults()
  const life = newLife(device, ground, `${ground.url}/?store=${name}&log=${encodeURIComponent(log)}`)
  const reached = death === null ? new Promise<void>(() => undefined) : ground.arm(death.point, death.nth)
  try {
    for (const [title, run] of steps) {
      if (progress.diedIn !== null && !livesOn) break
      progress.title = title
      const doing = run(life)
      if (death === null || progress.diedIn !== null) await doing
      else if (await isFirst(reached, doing)) {
        progress.diedIn = title
        await die(life, death, doing)
      }
    }
    progress.title = 'the end'
    await ground.up()
    await wish(life, 'after', 'add')
    await caughtUp(life)
    return outcomeWith(await judge({ life, log, store: name }))
  } catch (error) {
    const problem = `${progress.title}: ${error instanceof Error ? error.message : error}`
    return outcomeWith([problem, ...ground.lies(), ...device.faults()])
  }
}

/** Whether the first is there before the second is done; that the second fails is its caller's. */
function isFirst(reached: Promise<void>, doing: Promise<unknown>): Promise<boolean> {
  return Promise.race([reached.then(() => true), doing.then(() => false)])
}

async function die(life: Life, { point, nth, kind }: Death, doing: Promise<unknown>): Promise<void> {
  const { device, ground, url } = life
  const over = doing.then(
    () => undefined,
    (error: unknown) => error,
  )
  // Its user must have been told before it dies: then it must never be lost.
  if (point === 'answered the page') await life.answered(nth)
  await device.kill(kind)
  if (kind === 'worker') {
    // Another one takes over: what the page was doing goes on.
    const failure = await over
    if (failure !== undefined) throw failure
    return
  }
  await over
  await ground.up()
  await device.open(url)
}
