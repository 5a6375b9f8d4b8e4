/** The door `varve`: what a page needs, and what a model is made of. */
export type { BuiltinReason, CommandCall, CommandContext, InputArgs, ReasonOf } from './core/command.ts'
export type { Dot, LogId, Position, ReplicaId, Revision, StreamName } from './core/dot.ts'
export { type Code, VarveError } from './core/errors.ts'
export { type EventData, type EventInput, event } from './core/event.ts'
export type { EventOf, LogEvent } from './core/log-event.ts'
export { defineModel, type LogKindOf, type Model } from './core/model.ts'
export type { PlainData } from './core/plain-data.ts'
export { defineProjection, type ProjectionDefinition, type ValueOf } from './core/projection.ts'
export type {
  CommitRef,
  Cut,
  InboxNote,
  LogStatus,
  PendingNote,
  Problem,
  ProjectionFailure,
  Stalled,
  StoreStatus,
  SyncPhase,
} from './core/query.ts'
export type { ReservedReason } from './core/reason.ts'
export {
  type AnyStream,
  defineStream,
  type StateOf,
  type StreamDefinition,
  type StreamRef,
} from './core/stream.ts'
export { defineTable, type RowOf, type TableDefinition } from './core/table.ts'
export { openStore } from './store/open-store.ts'
export type { Auth, AuthAsked } from './store/sign-in.ts'
export type {
  Accepted,
  AnyView,
  Decided,
  FateNowOf,
  FateOf,
  HistoryOf,
  Refused,
  Store,
  StreamView,
  ViewOf,
} from './store/store.ts'
export type { StoreOptions } from './store/store-on.ts'
