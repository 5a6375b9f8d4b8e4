/**
 * A server that dies and dies again on one file, while clients go on over real sockets: two authors who push what was
 * not acknowledged yet until it is, and a follower who reads each log once, from where it was. At the end the judge
 * (kill-judge.fixture.ts) looks at the file and at what each of them was told.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Commit, dotKey, extendHistory, historyStart, type LogId, sealCommit } from 'varve/core'
import { seededRandom } from 'varve/testing'
import { createSyncServer } from '../server.ts'
import { sqliteLog } from '../sqlite/sqlite-log.ts'
import type { Barrier } from './barriers.fixture.ts'
import { converse } from './converse.fixture.ts'
import { createFollower } from './follower.fixture.ts'
import { judgeFile, type Told } from './kill-judge.fixture.ts'
import { courier, fulfilment, mailOf, market, Stock, settlement } from './market.fixture.ts'

/** What ends a life of the server: itself at a barrier, or what the given command line around it does. */
export interface Life {
  readonly barrier?: Barrier | 'unflushed'
  /** Which time it comes to the barrier, from 1. */
  readonly nth?: number
  /** Put before the command: `strace`, say, that kills at a system call. */
  readonly under?: readonly string[]
}

export interface KillResult {
  readonly faults: readonly string[]
  readonly orders: number
  /** Lives that ended as they were told, of all. */
  readonly killed: number
  readonly told: Told
}

export interface KillOptions {
  /** Must not exist yet. */
  readonly file: string
  readonly seed: number
  readonly lives: readonly Life[]
}

const authorNames = ['ann', 'ben'] as const
const ordersPerLife = 4
const pushCommitsMax = 3
/** A life in which nothing happens for so long is over: its barrier was not reached, or something hangs. */
const quietMs = 15_000
const serverFile = fileURLToPath(new URL('crash-server.fixture.ts', import.meta.url))

export async function killServer({ file, seed, lives }: KillOptions): Promise<KillResult> {
  const random = seededRandom(seed)
  const setUp = createSyncServer({ log: sqliteLog(file), insecure: true, model: market })
  // For two orders in three.
  const pieces = Math.ceil((lives.length + 1) * ordersPerLife * authorNames.length * (2 / 3))
  await setUp.dispatch('shop', Stock.commands.receive('tee', { quantity: pieces }), { principal: 'seed' })
  await setUp.close()

  const authors = authorNames.map((name) =>
    createAuthor(`customer/${name}`, () => 1 + random.below(pushCommitsMax)),
  )
  const follower = createFollower(['shop', ...authors.map(({ log }) => log)])
  let killed = 0
  for (const life of [...lives, {}]) {
    for (const author of authors) author.want(ordersPerLife)
    const orders = authors.reduce((sum, { wanted }) => sum + wanted, 0)
    const server = await startServer(file, life)
    const { url } = server
    const ends = url === null ? [] : [follower, ...authors].map((client) => client.session(url))
    // Either it dies, or all is said and done, and then it is killed from outside.
    const done = Promise.all([
      follower.answered(orders),
      ...authors.map(({ acknowledged }) => acknowledged()),
    ])
    const quiet = AbortSignal.timeout(quietMs)
    const outcome = await Promise.race([
      server.gone.then(() => 'died' as const),
      done.then(() => 'done' as const),
      once(quiet, 'abort').then(() => 'quiet' as const),
    ])
    if (outcome === 'died') killed += 1
    if (outcome === 'quiet') follower.faults.push(`life ${JSON.stringify(life)}: nothing happened any more`)
    server.kill()
    await Promise.all([server.gone, ...ends])
  }
  // What the last life had no time to send.
  const last = createSyncServer({
    ...{ log: sqliteLog(file), insecure: true, model: market },
    policies: [fulfilment, settlement, courier(mailOf(file))],
  })
  await last.listen()
  await last.settled()
  await last.close()
  const receipts = new Map(authors.flatMap((author) => [...author.receipts]))
  const orders = authors.flatMap(({ log, ids }) => ids().map((id) => ({ log, id })))
  const mail = readFileSync(mailOf(file), 'utf8').trim().split('\n')
  const told: Told = { receipts, follower, orders, pieces, mail, deaths: lives.length + 1 }
  return { faults: await judgeFile(file, told), orders: orders.length, killed, told }
}

interface Author {
  readonly log: LogId
  readonly wanted: number
  /** For each commit that a receipt named, by log and dot: where it stands. */
  readonly receipts: ReadonlyMap<string, number>
  ids(): readonly string[]
  want(orders: number): void
  /** Pushes what has no receipt until the socket closes. */
  session(url: string): Promise<void>
  /** Resolves when everything has a receipt. */
  acknowledged(): Promise<void>
}

function createAuthor(log: LogId, chunk: () => number): Author {
  const commits: Commit[] = []
  const receipts = new Map<string, number>()
  let isComplete = Promise.withResolvers<void>()
  const keyOf = ({ dot }: Pick<Commit, 'dot'>): string => `${log} ${dotKey(dot)}`

  return Object.freeze({
    log,
    get wanted() {
      return commits.length
    },
    receipts,
    ids: () => commits.map((_commit, index) => `${log}-${index + 1}`),
    want(orders: number): void {
      for (let n = 0; n < orders; n++) commits.push(orderCommit(log, commits.length + 1))
      isComplete = Promise.withResolvers()
    },
    acknowledged: () => isComplete.promise,
    session: (url: string) =>
      converse(url, [{ log, epoch: null, position: 0, chain: '' }], (message, say) => {
        if (message.type === 'welcome') {
          const epoch = message.logs[0]?.epoch ?? ''
          const from = commits.findIndex((commit) => !receipts.has(keyOf(commit)))
          let prev = commits.slice(0, from).reduce(extendHistory, historyStart)
          for (let next = from; next >= 0 && next < commits.length; ) {
            const pushed = commits.slice(next, next + chunk())
            say({ type: 'push', log, epoch, prev, commits: pushed })
            prev = pushed.reduce(extendHistory, prev)
            next += pushed.length
          }
        }
        if (message.type === 'receipt') {
          for (const { dot, position } of message.placed) receipts.set(keyOf({ dot }), position)
          if (receipts.size === commits.length) isComplete.resolve()
        }
      }),
  })
}

function orderCommit(log: LogId, n: number): Commit {
  const stream = `order/${log}-${n}`
  const data = { sku: 'tee', quantity: 1 }
  return sealCommit({
    log,
    dot: { replica: `${log} phone`, counter: n },
    base: 0,
    born: 0,
    parent: null,
    guards: [{ stream, revision: 0, kind: 'serial' }],
    events: [{ stream, type: 'order.requested', version: 1, data }],
    withdrawn: null,
    commands: [{ stream, name: 'request', input: data }],
    now: n,
    seed: `${log} ${n}`,
    actor: null,
    correlation: null,
    causation: null,
  })
}

export interface ServerProcess {
  readonly id: string
  /** Null if it died before it listened. */
  readonly url: string | null
  readonly gone: Promise<void>
  kill(): void
}

/** Also for other tests over this process. */
export async function startServer(
  file: string,
  { barrier, nth = 1, under = [] }: Life,
): Promise<ServerProcess> {
  const [command = '', ...args] = [
    ...under,
    process.execPath,
    serverFile,
    file,
    barrier ?? 'none',
    String(nth),
  ]
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit').then(() => undefined)
  // Policies that have something to do may bring it to its barrier before it has said anything.
  const said = await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data').then(([chunk]) => String(chunk)),
    gone.then(() => ''),
  ])
  const [id = '', url = null] = said.trim().split(' ')
  return {
    id,
    url,
    gone,
    kill() {
      if (url === null) return
      try {
        process.kill(Number(id), 'SIGKILL')
      } catch {
        // ESRCH: it has killed itself.
      }
    },
  }
}
