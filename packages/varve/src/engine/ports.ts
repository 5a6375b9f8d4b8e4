/** What the engine may not invent itself. Time is data here, never an order. */
export interface EnginePorts {
  /** ms since 1970. */
  now(): number
  /** A random id such as a UUID: for stores and replicas. */
  newId(): string
  /** Told what a listener threw, and failures that disturb nobody (a snapshot that could not be saved). */
  report?(thrown: unknown): void
}
