/**
 * The sync server: one log, its connections, its policies, behind an HTTP server of its own or somebody else's.
 *
 * It owns what it is given: `close` closes the log too. Without `authorize` it does not start, unless it is told to be
 * insecure, and then it speaks with this machine only.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import {
  type AnyStream,
  type CommandCall,
  type LogId,
  type Model,
  type Position,
  type StateOf,
  streamName,
  VarveError,
} from 'varve/core'
import { type Authorize, allowAll } from './access.ts'
import { createAdmission } from './admission.ts'
import { type Dispatched, type DispatchOptions, dispatchOn } from './dispatch.ts'
import type { EffectDefinition } from './effect.ts'
import { answerHealth, failuresCounted, failuresListed, type Health, type HealthNumbers } from './health.ts'
import { createHolds } from './holds.ts'
import { createHost, type Host, writeAs } from './host.ts'
import { createHttpFront, type ServerAddress } from './http-front.ts'
import { createHub } from './hub.ts'
import { limitsOf, type ServerLimits, serverLimits } from './limits.ts'
import type { ServerLog } from './log-port.ts'
import type { OriginRules } from './origin.ts'
import type { PolicyDefinition } from './policy.ts'
import { createPrincipals } from './principals.ts'
import { createReactions } from './reactions.ts'
import { createSockets } from './sockets.ts'
import { createVerifier } from './verifier.ts'

export interface SyncServerOptions extends OriginRules {
  readonly log: ServerLog
  /** Who may do what. Mandatory, but for `insecure`. */
  readonly authorize?: Authorize
  /** Without `authorize`: everybody on this machine may do everything, and nobody else is let in. */
  readonly insecure?: boolean
  /** For policies, `dispatch`, `read`, and to decide again what is pushed to streams marked `verified`. */
  readonly model?: Model
  /** Effects are among them. No two have one name. */
  readonly policies?: readonly (PolicyDefinition | EffectDefinition)[]
  /** Which kind of the model's logs a log is of, or null. Default: what stands before the first slash. */
  readonly kindOf?: (log: LogId) => string | null
  /**
   * Attach to this server instead of making one; only upgrades of `path` are touched. How many sockets it has and how
   * long they may say nothing is yours to bound: `maxConnections`, `headersTimeout`, `requestTimeout`.
   */
  readonly server?: Server
  /** Default 0: any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly path?: string
  readonly limits?: Partial<ServerLimits>
  /** Wall clock, ms since 1970. */
  readonly now?: () => number
  /** Told of failures that a developer should look at. Default: console.error. */
  readonly onError?: (error: unknown) => void
}

export interface SyncServer {
  /** Starts the policies and the connections. Null: attached to a server that does not listen yet. */
  listen(): Promise<ServerAddress | null>
  /** Null while the HTTP server does not listen. */
  readonly address: ServerAddress | null
  dispatch(
    log: LogId,
    commands: CommandCall | readonly CommandCall[],
    options: DispatchOptions,
  ): Promise<Dispatched>
  /** The state of a stream at the head of a log. */
  read<S extends AnyStream>(log: LogId, stream: S, id: string): Promise<StateOf<S>>
  health(): Promise<Health>
  /** Answers GET /health; false if the request is something else, and is not touched then. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** Resolves when policies and effects have nothing left to do but to try failures again later. */
  settled(): Promise<void>
  close(options?: { readonly graceMs?: number }): Promise<void>
}

const graceMsDefault = 5_000
const loopbackHost = '127.0.0.1'

export function createSyncServer(options: SyncServerOptions): SyncServer {
  const { log, model, policies = [], path = '/sync', insecure = false, now = Date.now } = options
  const authorize = authorizeOf(options)
  const limits = limitsOf({
    // Insecure, all are one principal.
    ...(insecure ? { connectionsPerPrincipalMax: serverLimits.connectionsMax } : null),
    ...options.limits,
  })
  const kindOf = options.kindOf ?? ((name: LogId) => name.split('/', 1)[0] ?? null)
  const onError = options.onError ?? ((error: unknown) => console.error(error))
  if (model === undefined && policies.length > 0) {
    throw new VarveError('bad_options', 'Policies need the model that their streams are of.', {
      hint: 'Pass `model`.',
    })
  }

  const monotonicMs = (): number => performance.now()
  const admission = createAdmission(limits, monotonicMs)
  const hub = createHub(log, limits)
  const host =
    model === undefined
      ? null
      : createHost({ model, kindOf, replica: randomUUID(), worldsMax: limits.worldsMax })
  const reactions =
    model === undefined || host === null
      ? null
      : createReactions(policies, { log, host, model, kindOf, limits, now, monotonicMs, moved, onError })
  const sockets = createSockets({
    ground: {
      log,
      hub,
      holds: createHolds(limits),
      verifier:
        model === undefined || host === null
          ? null
          : createVerifier({ model, kindOf, host, verifyEntriesMax: limits.verifyEntriesMax }),
      limits,
      authorize,
      now,
      monotonicMs,
      admission,
      ...createPrincipals(limits.connectionsPerPrincipalMax),
      moved,
      onError,
    },
    loopbackOnly: insecure,
    ...originRulesOf(options),
  })
  const front = createHttpFront({
    server: options.server,
    port: options.port ?? 0,
    host: insecure ? loopbackHost : (options.host ?? loopbackHost),
    path,
    limits,
    onUpgrade: sockets.upgrade,
    onRequest: handle,
  })
  let ticking: NodeJS.Timeout | null = null
  let closing: Promise<void> | null = null

  function moved(name: LogId, head: Position): void {
    hub.moved(name, head)
    reactions?.wake(name)
  }

  async function listen(): Promise<ServerAddress | null> {
    ticking = setInterval(() => sockets.tick(), limits.tickMs)
    ticking.unref()
    await front.listen()
    // Nobody waits at the door for what policies have still to do.
    reactions?.start()
    return front.address()
  }

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    return answerHealth(request, response, healthNumbers)
  }

  async function healthNumbers(): Promise<HealthNumbers> {
    const connections = sockets.count()
    if (closing !== null) return { status: 'closing', logs: 0, connections, policies: [] }
    try {
      const counts = policies.map(async ({ name }) => ({
        name,
        failureCount: await log.failureCount(name, failuresCounted),
      }))
      return { status: 'ok', logs: await log.logCount(), connections, policies: await Promise.all(counts) }
    } catch (error) {
      onError(error)
      return { status: 'failing', logs: 0, connections, policies: [] }
    }
  }

  async function health(): Promise<Health> {
    const numbers = await healthNumbers()
    const listed = numbers.policies.map(async (policy) => ({
      ...policy,
      failures: await log.failures(policy.name, failuresListed),
    }))
    try {
      return { ...numbers, policies: await Promise.all(listed) }
    } catch (error) {
      onError(error)
      return { ...numbers, status: 'failing', policies: [] }
    }
  }

  async function shutDown(graceMs: number): Promise<void> {
    if (ticking !== null) clearInterval(ticking)
    const endsAtMs = monotonicMs() + graceMs
    // Still listening meanwhile: who comes now is told to come later.
    await sockets.close(Math.max(limits.spreadMs, admission.spreadMs(sockets.count())), graceMs)
    await front.close()
    await reactions?.stop(Math.max(0, endsAtMs - monotonicMs()))
    await log.close()
  }

  return Object.freeze({
    listen,
    get address() {
      return front.address()
    },
    dispatch: (target: LogId, commands: CommandCall | readonly CommandCall[], how: DispatchOptions) => {
      const calls = Array.isArray(commands) ? (commands as readonly CommandCall[]) : [commands as CommandCall]
      return dispatchOn({ log, ...mustHost(model, host), now, moved }, target, { ...how, calls })
    },
    read: async <S extends AnyStream>(target: LogId, stream: S, id: string) => {
      const own = mustHost(model, host).host
      return writeAs(own, log, (hostTx) => hostTx.read(target, streamName(stream.type, id))) as Promise<
        StateOf<S>
      >
    },
    health,
    handle,
    settled: async () => reactions?.settled(),
    close: ({ graceMs = graceMsDefault }: { readonly graceMs?: number } = {}) => {
      closing ??= shutDown(graceMs)
      return closing
    },
  })
}

function authorizeOf({ authorize, insecure = false }: SyncServerOptions): Authorize {
  if (authorize !== undefined && !insecure) return authorize
  if (authorize === undefined && insecure) return allowAll
  throw new VarveError(
    'bad_options',
    authorize === undefined
      ? 'A sync server needs `authorize`.'
      : '`authorize` and `insecure` exclude each other.',
    {
      hint: 'authorize says who a token is and what they may do. For trying things out on this machine: insecure: true.',
    },
  )
}

function originRulesOf({ allowedOrigins, allowMissingOrigin }: OriginRules): OriginRules {
  return {
    ...(allowedOrigins === undefined ? null : { allowedOrigins }),
    ...(allowMissingOrigin === undefined ? null : { allowMissingOrigin }),
  }
}

function mustHost(
  model: Model | undefined,
  host: Host | null,
): { readonly model: Model; readonly host: Host } {
  if (model !== undefined && host !== null) return { model, host }
  throw new VarveError('bad_options', 'This server has no model, so it can decide nothing.', {
    hint: 'Pass `model` to createSyncServer.',
  })
}
