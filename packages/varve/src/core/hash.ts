/**
 * SHA-256 over canonical JSON (RFC 8785), synchronous: it is used inside IndexedDB transactions, where awaiting
 * Web Crypto would end the transaction.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import canonicalize from 'canonicalize'

/** 43 characters of base64url (RFC 4648 §5, no padding). */
export type Hash = string & { readonly __flavour?: 'hash' }

/** Hashes plain data (see plain-data.ts); equal data gives equal hashes whatever the order of its keys. */
export function hashOf(value: unknown): Hash {
  return toBase64Url(digestOf(value))
}

/** The first 16 bytes of a hash in the shape of a version 8 UUID (RFC 9562 §5.8). */
export function uuidOf(value: unknown): string {
  const bytes = digestOf(value).slice(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function digestOf(value: unknown): Uint8Array {
  const text = canonicalize(value) as string
  return sha256(asciiBytes(text) ?? utf8ToBytes(text))
}

/** Used again for each text: nothing keeps the bytes once they are hashed. */
const scratch = new Uint8Array(1_024)

/** Null if the text is long or is not ASCII. Most texts are, and for a short one an encoder costs as much as the hash. */
function asciiBytes(text: string): Uint8Array | null {
  if (text.length > scratch.length) return null
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return null
    scratch[i] = unit
  }
  return scratch.subarray(0, text.length)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function toBase64Url(bytes: Uint8Array): Hash {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] ?? 0)
    text += alphabet.charAt(word >> 18) + alphabet.charAt((word >> 12) & 63)
    text += alphabet.charAt((word >> 6) & 63) + alphabet.charAt(word & 63)
  }
  // The last two of the 32 bytes fill three characters.
  return text.slice(0, 43)
}
