/** Somebody who pushes again what had no receipt, as a client does, also over a new line when the one before broke. */
import type { Commit } from 'varve/core'
import type { ServerMessage } from 'varve/protocol'
import type { CrowdMember } from './crowd.fixture.ts'
import type { Line } from './line.fixture.ts'
import { turns } from './ragged-log.fixture.ts'
import { testAuthor } from './test-author.ts'

export const commitsPerWriter = 6

const pushCommitsMax = 3
/** On a stream that all write to. The others are on one of the writer's own. */
const commuteChance = 0.3
/** The line breaks after a push. */
const breaks = 0.1
const awayTurnsMax = 30

/** Resolves when all has a receipt. */
export function writeAll(member: CrowdMember, replica: string): Promise<void> {
  const { name, lines, random, receipts, fault } = member
  const { promise, resolve } = Promise.withResolvers<void>()
  const author = testAuthor({ log: name, replica })
  const commits = Array.from({ length: commitsPerWriter }, () =>
    author.commit(
      random.chance(commuteChance)
        ? { writes: ['wall/1'], kind: 'commute' }
        : { writes: [`note/${replica}`] },
    ),
  )
  const isOpen = ({ dot }: Commit): boolean => !receipts.has(dot)
  comeIn()
  return promise

  function comeIn(): void {
    let epoch = ''
    const cursor = { log: name, epoch: null, position: 0, chain: '' }
    const line: Line = lines.open({ cursor, isSlow: false, random, hear })

    function hear(message: ServerMessage): void {
      if (message.type === 'welcome') epoch = message.logs[0]?.epoch ?? ''
      if (message.type === 'receipt') receipts.take(message)
      // `internal`: rolled back, or written and not answered. It cannot know, and need not.
      if (message.type === 'refuse' && message.code !== 'internal')
        fault(`was refused: ${message.code}: ${message.message}`)
      else pushNext()
    }

    function pushNext(): void {
      const open = commits.filter(isOpen)
      if (open.length === 0) {
        line.hangUp()
        resolve()
        return
      }
      line.say(author.push(open.slice(0, 1 + random.below(pushCommitsMax)), epoch))
      if (!random.chance(breaks)) return
      void turns(random.below(awayTurnsMax)).then(() => {
        line.hangUp()
        comeIn()
      })
    }
  }
}
