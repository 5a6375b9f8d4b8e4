/** What both builds of the toy have in common. */

/** A schema that takes everything, by hand: this package brings no validator. */
export function anything<T>() {
  return {
    '~standard': {
      version: 1,
      vendor: 'varve',
      validate: (value: unknown) => ({ value: value as T }),
      types: undefined as { readonly input: T; readonly output: T } | undefined,
    },
  } as const
}

export interface SeatState {
  readonly taker: string | null
  readonly waiting: number
}

export const free: SeatState = { taker: null, waiting: 0 }
