/** What one client can do next: by itself, and with what the server's log holds. Core's own functions make the steps. */
import { dotKey } from '../../core/dot.ts'
import type { ToyCommand } from '../toy-rules.ts'
import { acknowledge, cancel, crashReceiving, create, lookInTab } from './client.ts'
import type { Client } from './client-state.ts'
import { cloneOf, copied, lead, twinOf } from './identity.ts'
import type { Log } from './server.ts'
import type { Protocol } from './switches.ts'

/** The two clients, and the devices of a clone and of a twin, of which there is one each at most. */
export const devices = ['a', 'b', 'c', 'd'] as const

export const faultNames = ['cancel', 'retry', 'lead', 'clone', 'twin', 'restore'] as const
export type Fault = (typeof faultNames)[number]

export type Program = readonly ToyCommand[]
/** What the clients a and b wish, in order, and what is wished on each device that holds a copy of a store. */
export type Programs = readonly [Program, Program, Program?]

/** What one client does. */
export interface ClientStep {
  readonly name: string
  readonly after: Client
  readonly fault?: Fault
  /** Another device that comes with it. */
  readonly other?: Client
}

/** What a client does whatever the log holds. */
export function* ownSteps(
  protocol: Protocol,
  programs: Programs,
  client: Client,
  isLeft: (fault: Fault) => boolean,
): Iterable<ClientStep> {
  const at = Math.min(devices.indexOf(client.name as (typeof devices)[number]), 2)
  const command = programs[at]?.[client.tried - client.retried]
  if (command !== undefined) {
    yield { name: `creates ${command}`, after: create(protocol, client, { command }) }
    if (protocol.off === 'C2') {
      const inTab = create(protocol, client, { command, inTab: true })
      yield { name: `creates ${command} in another tab`, after: inTab }
    }
  }
  if (protocol.off === 'C2') yield { name: 'looks in another tab', after: lookInTab(protocol, client) }

  for (const { dot, withdrawn } of isLeft('cancel') ? client.outbox : []) {
    if (withdrawn !== null) continue
    yield { name: `cancels ${dotKey(dot)}`, after: cancel(protocol, client, dot), fault: 'cancel' }
  }
  const own = client.entries.map(({ commit }) => commit).filter(({ seed }) => client.wishes.includes(seed))
  for (const again of isLeft('retry') ? [...client.outbox, ...own] : []) {
    if (again.withdrawn === null) continue
    const { name } = again.commands[0] as { readonly name: string }
    const after = create(protocol, client, { command: name as ToyCommand, again })
    yield { name: `retries ${dotKey(again.dot)}`, after, fault: 'retry' }
  }
  if (isLeft('lead')) yield { name: 'leads', after: lead(protocol, client), fault: 'lead' }
  if (isLeft('clone'))
    yield { name: 'is cloned', after: copied(client), other: cloneOf(protocol, client, 'c'), fault: 'clone' }
  if (isLeft('twin'))
    yield { name: 'has a twin', after: copied(client), other: twinOf(client, 'd'), fault: 'twin' }
}

/** What goes wrong between a client and the log while the rule against it is off. */
export function* rulelessSteps(
  protocol: Protocol,
  client: Client,
  { epoch, entries }: Log,
): Iterable<ClientStep> {
  const news = client.epoch === epoch ? entries.slice(client.entries.length) : []
  if (protocol.off === 'C1') {
    for (const length of pageLengths(news.length))
      yield {
        name: `crashes pulling ${length}`,
        after: crashReceiving(protocol, client, news.slice(0, length)),
      }
  }
  if (protocol.off === 'C5') {
    for (const { commit } of news)
      yield { name: `is acked ${dotKey(commit.dot)}`, after: acknowledge(protocol, client, commit.dot) }
  }
}

/** The next entry or all of them: pages between came when the log was shorter. */
export function pageLengths(behind: number): readonly number[] {
  return behind === 0 ? [] : [...new Set([1, behind])]
}
