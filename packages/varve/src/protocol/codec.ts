/**
 * The JSON codec: messages to text and back. One frame is one message.
 *
 * Decoding never throws, whatever the text is; a text is refused before it is parsed if it is too large or nests too
 * deep, and after that if a key stands twice (see json-scan.ts) or it is no message (see parse.ts).
 */
import { plainDataLimits } from '../core/plain-data.ts'
import { countMembers, scanJson } from './json-scan.ts'
import { type ClientMessage, type ServerMessage, wireLimits } from './messages.ts'
import { type ParsedMessage, parseClientMessage, parseServerMessage } from './parse.ts'
import type { FaultCode } from './read-fields.ts'

/** Plain data within message, list, entry, commit, list, event. */
const depthMax = plainDataLimits.depthMax + 8

export function encode(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message)
}

export function decodeClient(
  text: string,
  bytesMax: number = wireLimits.frameBytesMax,
): ParsedMessage<ClientMessage> {
  const read = readJson(text, bytesMax)
  return read.ok ? parseClientMessage(read.value) : read
}

export function decodeServer(
  text: string,
  bytesMax: number = wireLimits.frameBytesMax,
): ParsedMessage<ServerMessage> {
  const read = readJson(text, bytesMax)
  return read.ok ? parseServerMessage(read.value) : read
}

type ReadJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: string; readonly code: FaultCode }

function readJson(text: string, bytesMax: number): ReadJson {
  // A UTF-16 unit is one to three bytes of UTF-8: most texts need no counting.
  if (text.length > bytesMax || (text.length * 3 > bytesMax && utf8Length(text) > bytesMax)) {
    return malformed(`a frame has at most ${bytesMax} bytes`)
  }
  const { members, depth } = scanJson(text)
  if (depth > depthMax) return malformed(`nested deeper than ${depthMax}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // A SyntaxError, whose message quotes the text: not to be repeated.
    return malformed('not JSON')
  }
  return countMembers(value) === members ? { ok: true, value } : malformed('a key stands twice in one object')
}

function malformed(fault: string): ReadJson {
  return { ok: false, fault, code: 'malformed' }
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 2
      i += 1
    } else bytes += 2
  }
  return bytes
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
