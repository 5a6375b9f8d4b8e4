/** What a thrown value says. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    // It has no text, or its text throws.
    return 'something that cannot be shown'
  }
}
