/** The door `varve/react`. */
export { StoreProvider, type StoreProviderProps, useStore } from './provider.ts'
export { useProjection } from './use-projection.ts'
export type { IsEqual } from './use-resource.ts'
export { type BoundCommands, useStream } from './use-stream.ts'
export { useInbox, useSync } from './use-sync.ts'
