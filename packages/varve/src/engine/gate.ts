/**
 * The gate in front of every job: one at a time, none after close, and no writes once the engine knows that it was
 * wrong (a defect) or that its store is gone. A halted engine stays readable.
 */
import { VarveError } from '../core/errors.ts'
import type { Problem } from '../core/query.ts'
import { serialQueue } from './serial-queue.ts'

export interface Gate {
  /** Runs a job that may write. */
  write<T>(job: () => Promise<T>): Promise<T>
  read<T>(job: () => Promise<T>): Promise<T>
  mustOpen(): void
  /** Why nothing is written any more, or null. */
  halted(): Problem | null
  /** The first failure stays the reason. */
  halt(failure: VarveError): void
  /** Lets the running job end and refuses those that wait. */
  close(): Promise<void>
}

export function createGate(onHalt: () => void): Gate {
  const queue = serialQueue()
  let halt: Problem | null = null
  let isClosed = false

  function mustOpen(): void {
    if (isClosed) throw new VarveError('closed', 'The store was closed.')
  }

  function stop(failure: VarveError): void {
    if (halt !== null) return
    halt = problemOf(failure)
    onHalt()
  }

  async function run<T>(job: () => Promise<T>): Promise<T> {
    mustOpen()
    try {
      return await job()
    } catch (thrown) {
      throw judged(thrown)
    }
  }

  /** Failures are expected and pass. Anything else means that the engine was wrong: it stops writing. */
  function judged(thrown: unknown): unknown {
    if (thrown instanceof VarveError && thrown.code !== 'defect') {
      if (thrown.code === 'store_rolled_back') stop(thrown)
      return thrown
    }
    const defect =
      thrown instanceof VarveError
        ? thrown
        : new VarveError('defect', 'Something that cannot happen has happened in the engine.', {
            cause: thrown,
          })
    stop(defect)
    return defect
  }

  return Object.freeze({
    read: <T>(job: () => Promise<T>) => queue.run(() => run(job)),
    write: <T>(job: () => Promise<T>) =>
      queue.run(() =>
        run(async () => {
          if (halt !== null) throw refusal(halt)
          return await job()
        }),
      ),
    mustOpen,
    halted: () => halt,
    halt: stop,
    close() {
      isClosed = true
      return queue.run(async () => undefined)
    },
  })
}

function problemOf({ code, message, hint }: VarveError): Problem {
  return {
    code,
    message,
    hint: hint ?? 'Reload the app. What was saved is safe, and can be read.',
  }
}

function refusal({ code, message, hint }: Problem): VarveError {
  return new VarveError(code as VarveError['code'], message, { hint })
}
