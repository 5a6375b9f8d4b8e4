/**
 * The door `varve/core`: everything pure. Its two hearts are `reconcile` (client half) and `accept` (server half).
 * Runs anywhere: it needs neither DOM nor Node.
 */
export { type AcceptFacts, accept, emptyFacts, type Pushed, type Verdict, type Verify } from './accept.ts'
export * as clock from './clock.ts'
export { type Clock, clockOf, compare, type Timed, timed, toShiViz } from './clock.ts'
export type {
  BuiltinReason,
  CommandCall,
  CommandCaller,
  CommandContext,
  InputArgs,
  ReasonOf,
} from './command.ts'
export {
  type Causation,
  type CommandRecord,
  type Commit,
  chainOf,
  chainStart,
  type Draft,
  type Entry,
  type EventRecord,
  type Guard,
  type Intent,
  intentOf,
  isSealed,
  type Outcome,
  outcomeOf,
  sealCommit,
  streamsWritten,
  type Withdrawal,
  withdraw,
  withOutcome,
} from './commit.ts'
export { commitFault } from './commit-fault.ts'
export { type DecideOptions, rulesOf } from './decide.ts'
export {
  type Dot,
  dotKey,
  type LogId,
  type Position,
  parseStreamName,
  type ReplicaId,
  type Revision,
  type StreamName,
  sameDot,
  streamName,
} from './dot.ts'
export { assert, type Code, codes, VarveError } from './errors.ts'
export { type EventDefinition, event } from './event.ts'
export { projectionFingerprint, streamFingerprint, worldFingerprint } from './fingerprint.ts'
export { type Hash, hashOf, uuidOf } from './hash.ts'
export { extendHistory, extendHistoryBy, historyStart } from './history.ts'
export { createLedger, type Ledger, type Offer } from './ledger.ts'
export {
  type Branch,
  continueLineage,
  firstLineage,
  inLineage,
  type Lineage,
  openEnd,
  parentOf,
} from './lineage.ts'
export type { EventOf, LogEvent } from './log-event.ts'
export { defineModel, type LogKindOf, type Model } from './model.ts'
export { nameFault, type PlainData, plainDataFault, plainDataLimits, stringFault } from './plain-data.ts'
export { type ProjectedEvent, projectedEvents } from './projected-events.ts'
export {
  type AnyProjection,
  defineProjection,
  type ProjectionDefinition,
  type ValueOf,
} from './projection.ts'
export type {
  CommitRef,
  Cut,
  DispatchRequest,
  DispatchResult,
  Fate,
  HistoryEvent,
  HistoryPage,
  InboxNote,
  PendingNote,
  Problem,
  ProjectionFailure,
  StoreStatus,
  SyncPhase,
} from './query.ts'
export { type ReservedReason, reservedReasons } from './reason.ts'
export {
  type ChangedCommit,
  type PlacedCommit,
  type Reconciled,
  type ReconcileInput,
  reconcile,
  settled,
} from './reconcile.ts'
export type { Decision, Rules } from './rules.ts'
export { parseWith } from './schema.ts'
export {
  type AnyStream,
  defineStream,
  type StateOf,
  type StreamDefinition,
  type StreamRef,
} from './stream.ts'
export { defineTable, type RowOf, type TableDefinition } from './table.ts'
export { validateCommands } from './validate-commands.ts'
export {
  isTheirs,
  isVerified,
  type Touch,
  type VerifyInput,
  verifyFault,
  wasKnown,
} from './verify.ts'
export {
  type CausalOrder,
  compareVectors,
  covers,
  mergeVectors,
  type VersionVector,
} from './version-vector.ts'
export { createView, type TableView, type ValueView, type View } from './view.ts'
export { createWorld, type StreamState, type World } from './world.ts'
