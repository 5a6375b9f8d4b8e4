/**
 * One message of every type, as it stands in golden/: what version 1 of the wire looks like, for those who write the
 * other side of it. A file there never changes; what it holds is made here by the code of today.
 */
import { chainOf, chainStart, type Entry, outcomeOf, sealCommit } from '../core/commit.ts'
import { hashOf } from '../core/hash.ts'
import { type ClientMessage, protocolVersion, type ServerMessage, wireLimits } from './messages.ts'

const log = 'customer/42'
const epoch = 'e-1'

/** With everything that a commit with events can have. */
const decided = sealCommit({
  log,
  dot: { replica: 'r-2', counter: 1 },
  base: 7,
  born: 3,
  parent: { replica: 'r-1', counter: 9 },
  guards: [
    { stream: 'cart/42', revision: 5, kind: 'serial' },
    { stream: 'note/ä/1', revision: 0, kind: 'commute' },
  ],
  events: [
    {
      stream: 'cart/42',
      type: 'cart.itemAdded',
      version: 2,
      data: { sku: 'té-1', price: 0.1, big: 1e21, tags: ['🛒', '"\\/\n\u007f', null, true], '€': {} },
    },
    { stream: 'note/ä/1', type: 'note.written', version: 1, data: 'sealed', key: 'k-1' },
  ],
  withdrawn: null,
  commands: [
    { stream: 'cart/42', name: 'addItem', input: { sku: 'té-1' } },
    { stream: 'note/ä/1', name: 'write' },
  ],
  now: 1_700_000_000_000,
  seed: 's-1',
  actor: 'ann',
  correlation: 'c-1',
  causation: { log: 'shop/main', dot: { replica: 'p-1', counter: 4 } },
})

/** The empty form of a retry. */
const withdrawn = sealCommit({
  log,
  dot: { replica: 'r-2', counter: 2 },
  base: 7,
  born: 7,
  parent: null,
  guards: [],
  events: [],
  withdrawn: { reason: 'out_of_stock', details: { left: 0 }, because: [{ replica: 'q-1', counter: 1 }] },
  commands: [{ stream: 'cart/42', name: 'checkOut' }],
  now: 1_700_000_000_001.5,
  seed: 's-2',
  root: decided.intent,
  actor: null,
  correlation: null,
  causation: { log: null, dot: { replica: 'p-1', counter: 5 } },
})

/** Some hashes for what came before. */
const prev = hashOf('what r-1 has had placed')
const chainBefore = hashOf('the first seven entries')

const first: Omit<Entry, 'chain'> = {
  position: 8,
  commit: decided,
  principal: 'customer-42',
  time: 1_700_000_000_900,
}
const second: Omit<Entry, 'chain'> = {
  position: 9,
  commit: withdrawn,
  principal: null,
  time: 1_700_000_000_900,
}
const chain = chainOf(chainBefore, first)

export const goldenClient: Readonly<Record<string, ClientMessage>> = {
  hello: {
    type: 'hello',
    protocol: protocolVersion,
    token: 'ann',
    store: 'store-1',
    cursors: [
      { log, epoch, position: 7, chain: chainBefore },
      { log: 'shop/main', epoch: null, position: 0, chain: chainStart },
    ],
  },
  pull: { type: 'pull', log, after: 7, credit: 1_000 },
  push: { type: 'push', log, epoch, prev, commits: [decided, withdrawn] },
  locate: {
    type: 'locate',
    log,
    points: [
      { position: 6, chain: prev },
      { position: 7, chain: chainBefore },
    ],
  },
  auth: { type: 'auth', token: 'ann, fresh' },
  'ping-of-a-client': { type: 'ping', id: 0 },
  'pong-of-a-client': { type: 'pong', id: 1, heads: [] },
}

export const goldenServer: Readonly<Record<string, ServerMessage>> = {
  welcome: {
    type: 'welcome',
    protocol: protocolVersion,
    logs: [{ log, epoch, head: 9 }],
    heartbeatMs: 15_000,
    limits: wireLimits,
  },
  entries: {
    type: 'entries',
    log,
    epoch,
    entries: [
      { ...first, chain },
      { ...second, chain: chainOf(chain, second) },
    ],
    head: 9,
  },
  receipt: {
    type: 'receipt',
    log,
    placed: [
      { dot: decided.dot, position: 8, outcome: outcomeOf(decided) },
      { dot: withdrawn.dot, position: 9, outcome: outcomeOf(withdrawn) },
    ],
  },
  located: { type: 'located', log, epoch, position: 7 },
  refuse: {
    type: 'refuse',
    code: 'gap',
    message: 'An earlier commit is missing.',
    log,
    dot: decided.dot,
    expected: { replica: 'r-1', counter: 9 },
    head: 9,
  },
  'refuse-closing': {
    type: 'refuse',
    code: 'rate_limited',
    message: 'Too many messages.',
    retryAfterMs: 1_000,
  },
  'ping-of-a-server': { type: 'ping', id: 1 },
  'pong-of-a-server': { type: 'pong', id: 0, heads: [{ log, head: 9 }] },
  goaway: { type: 'goaway', reason: 'shutting_down', spreadMs: 5_000 },
}
