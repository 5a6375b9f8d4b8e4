/**
 * The calls that are on their way: each settles exactly once, by its deadline at the latest, whatever becomes of the
 * worker.
 *
 *   made ──▸ waiting for a worker ──▸ sent ──▸ answered
 *                    ▴                 │ the worker died
 *                    └─────────────────┘ a dispatch as often as needed (`again`), anything else once more
 *
 * Failures are values: a promise from here never rejects.
 */
import { startDeadline } from './connect-deadline.ts'
import type { Contract, Failed, Reply } from './contract.ts'

type Method = Exclude<keyof Contract, 'open' | 'subscribe' | 'close'>

export interface CallPlan {
  readonly method: Method
  /** The arguments, made anew each time it is sent; `again` from the second time on. */
  readonly args: (again: boolean) => readonly unknown[]
  readonly deadlineMs: number
  /** How many workers it may be sent to. */
  readonly sendsMax: number
}

interface Call extends CallPlan {
  sends: number
  settle(reply: Reply<unknown>): void
}

export type Send = (method: Method, args: readonly unknown[]) => Promise<Reply<unknown>>

export interface Calls {
  /** Sends at once if `send` is given, else with the next `resend`. */
  make(plan: CallPlan, send: Send | null): Promise<Reply<never>>
  /** All open calls, in the order they were made, to a new worker. */
  resend(send: Send): void
  /** The worker died: what may not be sent again fails. */
  failSpent(failure: Failed): void
  failAll(failure: Failed): void
}

export function createCalls(): Calls {
  const open = new Set<Call>()

  const sendOne = async (call: Call, send: Send): Promise<void> => {
    call.sends += 1
    const { sends } = call
    try {
      const reply = await send(call.method, call.args(sends > 1))
      call.settle(reply)
    } catch (error) {
      // Thrown by postMessage (not cloneable) or by the far side; a late echo of a worker before the present one is void.
      if (sends === call.sends) call.settle({ ok: false, failure: thrownFailure(error) })
    }
  }

  return Object.freeze({
    make(plan: CallPlan, send: Send | null) {
      return new Promise<Reply<never>>((resolve) => {
        const callOff = startDeadline(plan.deadlineMs, () =>
          call.settle({ ok: false, failure: timeoutFailure(plan) }),
        )
        const call: Call = {
          ...plan,
          sends: 0,
          settle(reply) {
            if (!open.delete(call)) return
            callOff()
            resolve(reply as Reply<never>)
          },
        }
        open.add(call)
        if (send !== null) sendOne(call, send)
      })
    },
    resend(send: Send) {
      for (const call of open) sendOne(call, send)
    },
    failSpent(failure: Failed) {
      for (const call of open) if (call.sends >= call.sendsMax) call.settle({ ok: false, failure })
    },
    failAll(failure: Failed) {
      for (const call of open) call.settle({ ok: false, failure })
    },
  })
}

function timeoutFailure({ method, deadlineMs }: CallPlan): Failed {
  return {
    code: 'worker_timeout',
    message: `The worker did not answer ${method} within ${deadlineMs / 1_000} s.`,
    hint: 'It may still be done: watch the state, or ask again.',
  }
}

function thrownFailure(error: unknown): Failed {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof DOMException && error.name === 'DataCloneError'
    ? { code: 'invalid_input', message, hint: 'Only plain data can be sent to the worker.' }
    : { code: 'defect', message, hint: 'This is a bug in varve: please report it.' }
}
