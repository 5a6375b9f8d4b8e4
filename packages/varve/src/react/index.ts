/** The door `varve/react`. */
export { StoreProvider, type StoreProviderProps, useStore } from './provider.ts'
export { useFate } from './use-fate.ts'
export { type InboxEntry, useInbox } from './use-inbox.ts'
export { useProjection } from './use-projection.ts'
export type { IsEqual } from './use-resource.ts'
export { type BoundCommands, useStream } from './use-stream.ts'
export { useSync } from './use-sync.ts'
