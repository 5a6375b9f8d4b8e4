/** Those who follow: they come at different times and from different places, are slow, go and come back. */
import type { Entry, Position } from 'varve/core'
import type { ServerMessage } from 'varve/protocol'
import type { CrowdMember } from './crowd.fixture.ts'
import type { Line } from './line.fixture.ts'
import { turns } from './ragged-log.fixture.ts'
import { createReader, type Reader } from './reader.fixture.ts'

export interface Habit {
  readonly name: string
  /** It comes when this part of all commits has a receipt. */
  readonly comesAt?: number
  /** It has an earlier part of the log already. */
  readonly hasSome?: boolean
  readonly isSlow?: boolean
  readonly creditMax?: number
  /** Its line breaks after a page with this probability, and it has got only some of that page. */
  readonly breaks?: number
  /** As the client: it pulls again before its credit is used up, and skips what comes twice for that (W6). */
  readonly isEager?: boolean
}

export const habits: readonly Habit[] = [
  { name: 'steady' },
  { name: 'slow', isSlow: true },
  { name: 'sparing', creditMax: 5 },
  { name: 'slow and sparing', isSlow: true, creditMax: 3 },
  { name: 'late', comesAt: 0.5 },
  { name: 'in the middle', comesAt: 0.4, hasSome: true },
  { name: 'in the middle and slow', comesAt: 0.7, hasSome: true, isSlow: true },
  { name: 'often away', breaks: 0.2 },
  { name: 'often away and slow', breaks: 0.2, isSlow: true, creditMax: 20 },
  { name: 'eager', creditMax: 12, isEager: true },
]

/** Who has taken a page asks how far the log is. */
const asks = 0.2
const awayTurnsMax = 30
const creditMaxDefault = 1_000

/** Resolves when it has the whole log, and nothing more came before the answer to a last question. */
export async function subscribe(member: CrowdMember, habit: Habit): Promise<void> {
  const { name, log, random, receipts, total, fault } = member
  await receipts.reached(Math.ceil((habit.comesAt ?? 0) * total))
  const some = habit.hasSome ? await log.entries(name, 0, random.below(receipts.count())) : []
  const reader = createReader(name, fault, some)
  if (some.length > 0) reader.welcomed(await log.epochOf(name))
  await follow(member, habit, reader)
  if (!isSame(await log.entries(name, 0, total + 1), reader.entries)) fault('has not seen the log')
}

function follow(member: CrowdMember, habit: Habit, reader: Reader): Promise<void> {
  const { name, log, lines, random, total, fault } = member
  const { isSlow = false, creditMax = creditMaxDefault, breaks = 0, isEager = false } = habit
  const { promise, resolve } = Promise.withResolvers<void>()
  comeIn()
  return promise

  function comeIn(): void {
    let creditTo = 0
    const line: Line = lines.open({ cursor: reader.cursor(), isSlow, random, hear })

    function hear(message: ServerMessage): void {
      if (message.type === 'welcome') {
        reader.welcomed(message.logs[0]?.epoch ?? '')
        pull()
      } else if (message.type === 'entries') {
        if (random.chance(breaks)) breakDown(message.entries)
        else take(message.entries)
        lookAt(message.head)
      } else if (message.type === 'pong') {
        lookAt(message.heads[0]?.head ?? 0)
        if (reader.position() < total) return
        line.hangUp()
        resolve()
      } else fault(`was told ${JSON.stringify(message)}`)
    }

    function lookAt(head: Position): void {
      if (head > log.kept.size) fault(`was told of a head at @${head}, and @${log.kept.size} was on disk`)
      if (head < reader.position()) fault(`was told of a head at @${head}, and has @${reader.position()}`)
    }

    function pull(): void {
      const credit = 1 + random.below(creditMax)
      creditTo = reader.position() + credit
      line.say({ type: 'pull', log: name, after: reader.position(), credit })
    }

    function take(page: readonly Entry[]): void {
      reader.take(isEager ? page.filter(({ position }) => position > reader.position()) : page)
      if (reader.position() >= total || random.chance(asks)) line.say({ type: 'ping', id: 1 })
      if (reader.position() < total && reader.position() >= (isEager ? creditTo - creditMax / 2 : creditTo))
        pull()
    }

    function breakDown(page: readonly Entry[]): void {
      reader.take(page.slice(0, random.below(page.length)))
      line.hangUp()
      void turns(random.below(awayTurnsMax)).then(comeIn)
    }
  }
}

function isSame(log: readonly Entry[], seen: readonly Entry[]): boolean {
  return log.length === seen.length && log.every(({ chain }, index) => chain === seen[index]?.chain)
}
