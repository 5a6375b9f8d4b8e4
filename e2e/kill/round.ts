/**
 * A round: a device lives (chapters.ts) until it stands at a barrier, is killed there, comes back on the same profile, and
 * is judged: its disk before anything can heal it, and all of it once it has caught up.
 */
import type { Kind, Profile } from './browser.ts'
import { type Chapter, chapters } from './chapters.ts'
import { readDisk, sentEarly, tornIn } from './disk.ts'
import { type Ground, nothingRuns } from './ground.ts'
import { judge } from './judge.ts'
import { caughtUp, type Life, newLife, wish } from './life.ts'

export interface Round {
  /** Of the round: names its log and its store. */
  readonly name: string
  readonly chapters: readonly Chapter[]
  /** Null: nobody is killed. */
  readonly death: Death | null
  /** Where its workers tell that they pass; a device that nobody kills tells it everywhere. */
  readonly tells: 'everywhere' | 'where it dies'
  /** Whether it lives on after it came back, or only does one thing more. */
  readonly livesOn: boolean
}

export interface Death {
  /** One of the round's. */
  readonly chapter: Chapter
  readonly point: string
  /** The time that it is there in the chapter, from 1; nobody dies if it is there fewer times. */
  readonly nth: number
  readonly kind: Kind
}

export interface Outcome {
  readonly problems: readonly string[]
  /** The step in which it died, or null if it never stood there. */
  readonly diedIn: string | null
  /** Of what it told. */
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
  const point = round.tells === 'everywhere' || death === null ? '' : death.point
  const url = `${ground.url}/?${new URLSearchParams({ store: name, log, point })}`
  const life = newLife({ device, ground }, { url, store: name })
  const torn: string[] = []
  try {
    for (const chapter of round.chapters) {
      if (progress.diedIn !== null && !livesOn) break
      const mayDie = death?.chapter === chapter
      torn.push(...(await read(life, chapter, { death: mayDie ? death : null, livesOn, progress })))
    }
    progress.title = 'the end'
    await ground.up()
    await wish(life, 'after', 'add')
    await caughtUp(life)
    return outcomeWith([...torn, ...(await judge({ life, log }))])
  } catch (error) {
    const problem = `${progress.title}: ${error instanceof Error ? error.message : error}`
    return outcomeWith([...torn, problem, ...ground.lies(), ...device.faults()])
  }
}

/** Lives through a chapter; what was torn on the disk, if it died in it. */
async function read(
  life: Life,
  chapter: Chapter,
  { death, livesOn, progress }: Pick<Round, 'death' | 'livesOn'> & { readonly progress: Progress },
): Promise<readonly string[]> {
  const before = life.answers()
  const reached =
    death === null ? new Promise<void>(() => undefined) : life.ground.arm(death.point, death.nth)
  const torn: string[] = []
  for (const [title, run] of chapters[chapter]) {
    const hasDied = death !== null && progress.diedIn !== null
    if (hasDied && !livesOn) break
    progress.title = title
    const doing = run(life)
    if (death === null || hasDied) await doing
    else if (await isFirst(reached, doing)) {
      progress.diedIn = title
      // Its user must have been told before it dies: then it must never be lost.
      if (death.point === 'answered the page') await life.answered(before + death.nth)
      torn.push(...(await die(life, death.kind, doing)))
    }
  }
  // In the next chapter nobody waits for it.
  life.ground.disarm()
  return torn
}

/** Whether the first is there before the second is done; that the second fails is its caller's. */
function isFirst(reached: Promise<void>, doing: Promise<unknown>): Promise<boolean> {
  return Promise.race([reached.then(() => true), doing.then(() => false)])
}

/** And comes back. */
async function die(life: Life, kind: Kind, doing: Promise<unknown>): Promise<readonly string[]> {
  const { device, ground, url, store } = life
  const over = doing.then(
    () => undefined,
    (error: unknown) => error,
  )
  await device.kill(kind)
  // Who comes back while another tab holds the database waits for that tab, whatever was killed.
  ground.thaw()
  if (kind === 'worker') {
    // Another one takes over: what the page was doing goes on.
    const failure = await over
    if (failure !== undefined) throw failure
    return []
  }
  await over
  await device.visit(`${ground.url}${nothingRuns}`)
  const disk = await readDisk(device.page(), `varve:${store}`)
  const early = sentEarly(disk, { entries: await ground.entries(), names: life.wishes.keys() })
  await ground.up()
  await device.open(url)
  return [...tornIn(disk), ...early]
}
