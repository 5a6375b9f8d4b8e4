/** What the sync driver needs of its surroundings. Browsers, Node and the simulation each bring their own. */

export interface SyncClock {
  /** Ms that never run backwards and never jump, from whatever start: not the time of day, which can be set. */
  now(): number
  /** In [0, 1). */
  random(): number
  newId(): string
  /** Calls back once at or after `atMs`; returns the way to forget it. */
  at(atMs: number, callback: () => void): () => void
}

/** One connection attempt. Each callback may come at any time after `connect` returned. */
export interface Transport {
  connect(events: {
    onOpen(): void
    onText(text: string): void
    /** Once; nothing comes after it. */
    onClose(): void
  }): Connection
}

export interface Connection {
  send(text: string): void
  close(): void
}

/** What is done while the lock is held. `stolen` resolves when somebody took the lock away meanwhile. */
export type Hold = (stolen: Promise<void>) => Promise<void>

export interface Locks {
  /**
   * Waits for the lock, then holds it until `hold` settles. Resolves when that is over, also if the lock was stolen;
   * aborting while waiting makes it resolve without `hold` having run.
   */
  withLock(name: string, hold: Hold, signal: AbortSignal): Promise<void>
  /** The same without waiting: the lock is taken from whoever holds it; those who wait for it go on waiting. */
  stealLock(name: string, hold: Hold): Promise<void>
}

/** Between the tabs of one store; never delivers to the sender. */
export interface TabChannel {
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  close(): void
}

/** Hints of the browser about the network; returns the way to stop. */
export type NetworkHints = (listener: (network: 'online' | 'offline') => void) => () => void

export interface SyncPorts {
  readonly clock: SyncClock
  readonly transport: Transport
  readonly locks: Locks
  readonly openTabChannel: (name: string) => TabChannel
  readonly networkHints: NetworkHints
  /** For what went wrong inside and hurts nobody; the store stays usable. */
  readonly reportError: (error: unknown) => void
}
