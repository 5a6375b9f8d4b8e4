/** Looks at a process from outside, through `strace`, where there is one that may. */
import { spawnSync } from 'node:child_process'

export function hasStrace(): boolean {
  return spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0
}

/** To be put before a command: it is killed, as by `kill -9`, when it makes one of these calls the nth time. */
export function killAtCall(calls: string, nth: number): readonly string[] {
  return [
    'strace',
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:signal=KILL:when=${nth}`,
  ]
}

/** To be put before a command: writes what it does with files and sockets into a file. */
export function traceTo(file: string): readonly string[] {
  return [
    'strace',
    '-f',
    '-qq',
    '-y',
    '-tt',
    '-s',
    '64',
    '-e',
    'trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg',
    '-o',
    file,
  ]
}

export interface FlushReport {
  readonly receipts: number
  /** Those that were sent before what they speak of was written to the write-ahead log and flushed. */
  readonly early: number
}

/**
 * Reads a trace of `traceTo`. The server must have had nothing to write but what it was pushed, one push after the other,
 * so that each receipt has a write and a flush of its own.
 */
export function flushesBeforeReceipts(trace: string, mainThread: string): FlushReport {
  let isWritten = false
  let isFlushed = false
  let receipts = 0
  let early = 0
  /** A call that another thread's line has cut in two. */
  let begun = ''
  for (const line of trace.split('\n')) {
    const [thread, , ...rest] = line.trim().split(/ +/)
    if (thread !== mainThread) continue
    const text = rest.join(' ')
    if (text.endsWith('<unfinished ...>')) {
      begun = text
      continue
    }
    const call = text.startsWith('<...') ? begun + text : text
    if (/^pwrite64\(\d+<[^>]*-wal>/.test(call)) {
      isWritten = true
      isFlushed = false
    } else if (/^f(data)?sync\(\d+<[^>]*-wal>.*= 0$/.test(call)) isFlushed = true
    else if (call.includes('{\\"type\\":\\"receipt\\"')) {
      receipts += 1
      if (!isWritten || !isFlushed) early += 1
      isWritten = isFlushed = false
    }
  }
  return { receipts, early }
}
