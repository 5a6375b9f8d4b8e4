/**
 * The protocol with one rule switched off: the negative controls of the checker. A switch takes one thing out and
 * leaves the rest as it is in core; where a rule has several halves, each has a switch of its own (`C4 cascade`).
 *
 * What core decides is switched off by wrapping core's functions, so that core holds no flags. What a store or a server
 * does around it (C1, C2, C5, …) is switched off in client.ts and server.ts, which ask `off`.
 */
import { accept } from '../../core/accept.ts'
import type { Commit, Entry } from '../../core/commit.ts'
import { dotKey } from '../../core/dot.ts'
import { reconcile } from '../../core/reconcile.ts'
import type { Decision, Rules } from '../../core/rules.ts'

/** For each switch what is done instead of what the rule says. */
export const switches = {
  C1: 'a page is stored before what it does to the outbox, and a crash comes between',
  C2: 'a tab appends without looking at what other tabs have stored',
  C3: 'what we hold under a dot of ours wins over what the log holds',
  C4: 'what is disturbed is not decided again',
  'C4 cascade': 'only what a foreign entry disturbs is decided again',
  'C4 commute': 'what leaned on a commit of ours on a stream that commutes is kept',
  C5: 'a receipt takes the commit out of the outbox',
  C6: 'what is refused now leaves the outbox',
  C7: 'what leaned on lost entries is kept',
  C8: 'names are not minted: a store writes on under the name it finds',
  'C8 collision': 'what is pending keeps a name that somebody else has used',
  C9: 'what is withdrawn is told as final before it is placed',
  C10: 'a cancelled commit leaves the outbox',
  'C10 cascade': 'what leaned on a cancelled commit is not decided again',
  C11: 'a retry has a root of its own',
  C12: 'what cannot be decided is an error',
  C13: 'prev is computed once, when the commit is made',
  A1: 'the epoch is not compared',
  A2: 'a known dot is answered whatever its intent',
  'A2 known': 'a known dot is not looked up',
  A3: 'the counter is not compared',
  A4: 'the parent need not be placed',
  A5: 'no conflict is found',
  'A5 root': 'a wish that is applied already is applied again under another name',
  'A5 ahead': 'a base beyond the head is taken',
  A6: 'prev is not compared',
  A7: 'nothing is decided again on the server',
  'A7 base': 'it is decided again at the head',
  'A7 born': 'it is given what is new since the last attempt',
  A8: 'holds are not minded',
  A9: 'entries and receipts are sent before they are durable, and a crash comes between',
} as const

export type Switch = keyof typeof switches

export const switchNames = Object.keys(switches) as readonly Switch[]

export interface Protocol {
  readonly off: Switch | null
  readonly accept: typeof accept
  readonly reconcile: typeof reconcile
  /** Rules as an application gives them, in this protocol. */
  readonly rulesOf: <S>(rules: Rules<S>) => Rules<S>
}

export const allRules: Protocol = { off: null, accept, reconcile, rulesOf: (rules) => rules }

export function withoutRule(off: Switch): Protocol {
  return {
    off,
    accept: accepts[off] ?? accept,
    reconcile: reconciles[off] ?? reconcile,
    rulesOf: off === 'C12' ? throwing : (rules) => rules,
  }
}

const accepts: Partial<Record<Switch, typeof accept>> = {
  A1: (pushed, facts) => accept({ ...pushed, epoch: facts.epoch }, facts),
  A2: (pushed, facts) =>
    accept(pushed, {
      ...facts,
      known: facts.known === null ? null : { ...facts.known, intent: pushed.commit.intent },
    }),
  'A2 known': (pushed, facts) => accept(pushed, { ...facts, known: null }),
  A3: (pushed, facts) => accept(pushed, { ...facts, counter: pushed.commit.dot.counter - 1 }),
  A4: (pushed, facts) => accept(pushed, { ...facts, parentCounter: pushed.commit.parent?.counter ?? 0 }),
  A5: (pushed, facts) => accept(pushed, { ...facts, disturbedAt: new Map() }),
  'A5 root': (pushed, facts) => accept(pushed, { ...facts, appliedAt: null }),
  'A5 ahead': (pushed, facts) => accept(pushed, { ...facts, head: Math.max(facts.head, pushed.commit.base) }),
  A6: (pushed, facts) => accept({ ...pushed, prev: facts.history }, facts),
  A8: (pushed, facts) => accept(pushed, { ...facts, held: new Set() }),
}

const reconciles: Partial<Record<Switch, typeof reconcile>> = {
  C3(input) {
    const held = new Map(input.outbox.map((commit) => [dotKey(commit.dot), commit]))
    const ours = (entry: Entry): Entry => ({
      ...entry,
      commit: held.get(dotKey(entry.commit.dot)) ?? entry.commit,
    })
    return reconcile({ ...input, page: input.page.map(ours) })
  },
  C4: (input) => reconcile({ ...input, rules: keepingAll(input.rules) }),
  'C4 cascade'(input) {
    const streams = new Set(input.page.flatMap(({ commit }) => commit.events.map((event) => event.stream)))
    const rules = decidingOnly(input.rules, ({ guards }) => guards.some(({ stream }) => streams.has(stream)))
    return reconcile({ ...input, rules })
  },
  'C4 commute': (input) =>
    reconcile({
      ...input,
      rules: decidingOnly(input.rules, ({ guards }) => guards.some(({ kind }) => kind === 'serial')),
    }),
  C6(input) {
    const result = reconcile(input)
    return { ...result, outbox: result.outbox.filter((commit) => commit.withdrawn === null) }
  },
  C10(input) {
    const result = reconcile(input)
    const { empty } = input
    if (empty === undefined) return result
    return { ...result, outbox: result.outbox.filter(({ dot }) => dotKey(dot) !== dotKey(empty.dot)) }
  },
  'C10 cascade': (input) =>
    reconcile(input.empty === undefined ? input : { ...input, rules: keepingAll(input.rules) }),
}

/** What the application threw is thrown on. */
function throwing<S>(rules: Rules<S>): Rules<S> {
  return {
    ...rules,
    decide(state, intent, theirs) {
      const decision = rules.decide(state, intent, theirs)
      if (!decision.ok && decision.reason === 'undecidable') throw new Error('undecidable')
      return decision
    },
  }
}

/** Decides nothing again: an intent that was decided before comes out as it went in. */
export function keepingAll<S>(rules: Rules<S>): Rules<S> {
  return decidingOnly(rules, () => false)
}

/** Core decides all again that it finds disturbed; of these only some are, the others come out as they went in. */
function decidingOnly<S>(rules: Rules<S>, isWanted: (commit: Commit) => boolean): Rules<S> {
  return {
    ...rules,
    decide(state, intent, theirs): Decision {
      const commit = intent as Commit
      return isWanted(commit)
        ? rules.decide(state, intent, theirs)
        : { ok: true, guards: commit.guards, events: commit.events }
    },
  }
}
