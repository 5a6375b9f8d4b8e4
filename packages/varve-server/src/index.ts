/** The door `varve-server`. */
export type { Access, Asking, Authorize, LogRights } from './access.ts'
export type { Dispatched, DispatchOptions } from './dispatch.ts'
export { defineEffect, type EffectContext, type EffectDefinition, type EffectSpec } from './effect.ts'
export type { Health, PolicyHealth } from './health.ts'
export type { Written } from './host.ts'
export type { ServerAddress } from './http-front.ts'
export { type ServerLimits, serverLimits } from './limits.ts'
export type {
  LogHead,
  LogName,
  LogTx,
  Origin,
  Placing,
  PolicyFailure,
  PolicyRun,
  ServerLog,
} from './log-port.ts'
export type { OriginRules } from './origin.ts'
export {
  definePolicy,
  type PolicyAct,
  type PolicyContext,
  type PolicyDefinition,
  type PolicyResult,
  type PolicySpec,
} from './policy.ts'
export { createSyncServer, type SyncServer, type SyncServerOptions } from './server.ts'
