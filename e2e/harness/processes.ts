/**
 * The processes that a test starts. They are ended by their own ids, also when the test runner dies first, and never
 * any others.
 */
import { type ChildProcess, spawn } from 'node:child_process'

const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface NodeProcess {
  /** All it printed so far. */
  readonly output: () => string
  /** Resolves to the first match in what it prints; rejects if it ends or says nothing of the kind in time. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends the signal and waits for the end. A process that ignores SIGTERM is killed, and that is an error. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Resolves to the exit code once it ended by itself. */
  readonly ended: Promise<number | null>
}

const sayMs = 30_000
const termMs = 10_000

export function startNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): NodeProcess {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  const listeners = new Set<() => void>()
  const heard = (chunk: Buffer) => {
    output += chunk.toString('utf8')
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', heard)
  child.stderr.on('data', heard)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      running.delete(child)
      resolve(code)
    })
  })

  return Object.freeze({
    output: () => output,
    ended,
    async says(pattern: RegExp) {
      return new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output)
          if (match !== null) settle(() => resolve(match))
        }
        const settle = (how: () => void) => {
          listeners.delete(look)
          clearTimeout(timer)
          how()
        }
        const timer = setTimeout(
          () =>
            settle(() => reject(new Error(`${args[0]} did not say ${pattern} in ${sayMs} ms:\n${output}`))),
          sayMs,
        )
        listeners.add(look)
        ended.then(
          (code) => settle(() => reject(new Error(`${args[0]} ended with ${code}:\n${output}`))),
          reject,
        )
        look()
      })
    },
    async end(signal: 'SIGTERM' | 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) {
        await ended
        return
      }
      child.kill(signal)
      let killed = false
      const timer = setTimeout(() => {
        killed = child.kill('SIGKILL')
      }, termMs)
      await ended
      clearTimeout(timer)
      if (killed) throw new Error(`${args[0]} did not end within ${termMs} ms of ${signal}:\n${output}`)
    },
  })
}
