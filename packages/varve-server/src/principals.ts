/** How many connections each principal has: one user's ten thousand sockets are not everybody's trouble. */
export interface Principals {
  /** False if there are too many already. */
  enter(principal: string): boolean
  leave(principal: string): void
}

export function createPrincipals(connectionsMax: number): Principals {
  const counts = new Map<string, number>()
  return {
    enter(principal: string): boolean {
      const count = counts.get(principal) ?? 0
      if (count >= connectionsMax) return false
      counts.set(principal, count + 1)
      return true
    },
    leave(principal: string): void {
      const count = (counts.get(principal) ?? 0) - 1
      if (count > 0) counts.set(principal, count)
      else counts.delete(principal)
    },
  }
}
