/** What must hold after a run over a bad network, of what the server holds, the stores show and their users were told. */
import { chainOf, chainStart, type Dot, dotKey, type Entry, type LogId } from 'varve/core'

export interface ObservedWish {
  readonly device: number
  readonly log: LogId
  readonly id: string
  /** Null until it was acknowledged as stored. */
  dot: Dot | null
  fate: { readonly status: string; readonly position?: number } | null
}

export interface Observed {
  readonly wishes: readonly ObservedWish[]
  readonly logs: ReadonlyMap<LogId, readonly Entry[]>
  /** For each device, what it shows and what the server holds. */
  readonly screens: readonly (readonly {
    readonly what: string
    readonly shown: unknown
    readonly held: unknown
  }[])[]
  /** How many there were to sell. */
  readonly pieces: number
  readonly lies: readonly string[]
}

/** Sentences about what is wrong; none if all is well. */
export function judgeRun({ wishes, logs, screens, pieces, lies }: Observed): readonly string[] {
  const faults = [...lies]
  const standing = new Map<string, Entry>()
  for (const [log, entries] of logs) {
    let chain = chainStart
    for (const [index, entry] of entries.entries()) {
      const { chain: own, ...unchained } = entry
      const key = `${log} ${dotKey(entry.commit.dot)}`
      chain = chainOf(chain, unchained)
      if (entry.position !== index + 1 || own !== chain) faults.push(`${log}@${index + 1} does not continue`)
      if (standing.has(key)) faults.push(`${key} stands twice`)
      standing.set(key, entry)
    }
  }
  for (const { log, id, dot, fate } of wishes) {
    if (dot === null) {
      if (fate?.status !== 'refused') faults.push(`${id} was neither stored nor refused: ${fate?.status}`)
      continue
    }
    const entry = standing.get(`${log} ${dotKey(dot)}`)
    if (entry === undefined) faults.push(`${id} was stored as ${dotKey(dot)} and is lost`)
    else if (fate?.status !== (entry.commit.withdrawn === null ? 'confirmed' : 'withdrawn'))
      faults.push(`${id} was told ${fate?.status}, and the log says otherwise`)
  }
  const typesOf = (log: LogId, stream: string): string =>
    (logs.get(log) ?? [])
      .flatMap(({ commit }) => commit.events)
      .filter((event) => event.stream === stream)
      .map(({ type }) => type)
      .join(' ')
  let sold = 0
  const orders = new Map(
    wishes.filter(({ dot }) => dot !== null).map((wish) => [`${wish.log} ${wish.id}`, wish]),
  )
  for (const { log, id } of orders.values()) {
    const told = typesOf(log, `order/${id}`)
    if (told === 'order.requested order.placed') sold += 1
    else if (told !== 'order.requested order.declined') faults.push(`order ${id}: ${told}`)
  }
  const reserved = typesOf('shop', 'stock/cup').match(/stock\.reserved/g)?.length ?? 0
  if (reserved !== sold || sold !== Math.min(pieces, orders.size))
    faults.push(`${pieces} pieces, ${reserved} reserved, ${sold} sold of ${orders.size} wanted`)
  for (const [device, shown] of screens.entries()) {
    for (const { what, shown: seen, held } of shown) {
      if (JSON.stringify(seen) !== JSON.stringify(held))
        faults.push(
          `device ${device} shows ${what} as ${JSON.stringify(seen)}, the server holds ${JSON.stringify(held)}`,
        )
    }
  }
  return faults
}
